import { useQuery, useQueryClient } from "@tanstack/react-query"
import { type ReactNode, useEffect } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { ApiProblem } from "../api/ApiProblem.ts"
import { Mark } from "../app/Mark.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { takeCode } from "./code.ts"
import { SignedOut } from "./SignedOut.tsx"

const isSignedOut = (error: unknown): error is ApiProblem => error instanceof ApiProblem && error.status === 401

/** Lets the page begin once this browser has a session, and says what to do when it has none. */
export const SessionGate = ({ children }: { readonly children: ReactNode }) => {
  const api = useApi()
  const queries = useQueryClient()
  const session = useQuery({
    queryKey: ["session"],
    queryFn: ({ signal }) => {
      const code = takeCode(window.location, window.history)
      return code === undefined ? api.session.get({ signal }) : api.session.open({ payload: { code } })
    },
    staleTime: Infinity,
    retry: (failures, error) => !(error instanceof ApiProblem) && failures < 2,
    retryDelay: 400,
  })
  // Any answer of 401 means that the session has ended.
  useEffect(
    () =>
      queries.getQueryCache().subscribe(({ query, type }) => {
        if (type === "updated" && query.queryKey[0] !== "session" && isSignedOut(query.state.error)) {
          void queries.resetQueries({ queryKey: ["session"] })
        }
      }),
    [queries],
  )
  const { error, isPending, refetch } = session
  if (isPending) {
    return (
      <main className="flex min-h-dvh items-center justify-center" aria-busy="true" aria-label="Runyard">
        <Mark className="size-7 animate-pulse text-faint" />
      </main>
    )
  }
  if (error === null) return children
  const again = () => void refetch()
  // A link that was used before is told of; no session at all speaks for itself.
  if (isSignedOut(error) && (error.code as string) !== "HTTP_CODE_REFUSED") return <SignedOut onRetry={again} />
  if (error instanceof ApiProblem && error.status < 500) return <SignedOut error={error} onRetry={again} />
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center px-5">
      <ErrorState title="Runyard could not be reached" error={error} onRetry={again} />
    </main>
  )
}

import { useQuery, useQueryClient } from "@tanstack/react-query"
import { type ReactNode, useEffect, useRef } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { ApiProblem, isUnreachable } from "../api/ApiProblem.ts"
import { Mark } from "../app/Mark.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { takeCode } from "./code.ts"
import { SignedOut } from "./SignedOut.tsx"

const isSignedOut = (error: unknown): error is ApiProblem => error instanceof ApiProblem && error.status === 401

/** How often a server that does not answer is looked for, in milliseconds. */
const lookEvery = 2_000

interface SessionGateProps {
  /** The code that this page was opened with. */
  readonly code: string | undefined
  readonly children: ReactNode
}

/** A session for the code, where there is one that works; otherwise the one that this browser has. */
const useSession = (code: string | undefined) => {
  const api = useApi()
  const queries = useQueryClient()
  /** A code works once, so it is kept until the server has answered. */
  const pending = useRef(code)
  // A link that is opened where the page is open already changes nothing but what stands behind `#`.
  useEffect(() => {
    const onHash = () => {
      const next = takeCode(window.location, window.history)
      if (next === undefined) return
      pending.current = next
      void queries.resetQueries({ queryKey: ["session"] })
    }
    window.addEventListener("hashchange", onHash)
    return () => window.removeEventListener("hashchange", onHash)
  }, [queries])
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
  return useQuery({
    queryKey: ["session"],
    queryFn: async () => {
      const { current } = pending
      if (current === undefined) return api.session.get()
      try {
        const session = await api.session.open({ payload: { code: current } })
        pending.current = undefined
        return session
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error
        pending.current = undefined
        // A link that was used before is no harm where this browser is signed in.
        return await api.session.get().catch(() => {
          throw new RefusedLink(error)
        })
      }
    },
    staleTime: Infinity,
    retry: false,
    refetchInterval: ({ state }) => (isUnreachable(state.error) ? lookEvery : false),
  })
}

/** The link was refused, and this browser has no session either. */
class RefusedLink extends Error {
  readonly problem: ApiProblem
  constructor(problem: ApiProblem) {
    super(problem.message)
    this.problem = problem
  }
}

/** Lets the page begin once this browser has a session, and says what to do when it has none. */
export const SessionGate = ({ children, code }: SessionGateProps) => {
  const { error, isPending, refetch } = useSession(code)
  if (isPending) {
    return (
      <main className="flex min-h-dvh items-center justify-center" aria-busy="true" aria-label="Runyard">
        <Mark className="size-7 animate-pulse text-faint" />
      </main>
    )
  }
  if (error === null) return children
  const again = () => void refetch()
  if (error instanceof RefusedLink) return <SignedOut error={error.problem} onRetry={again} />
  if (isSignedOut(error)) return <SignedOut onRetry={again} />
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center px-5">
      <ErrorState title="Runyard could not be reached" error={error} onRetry={again} />
    </main>
  )
}

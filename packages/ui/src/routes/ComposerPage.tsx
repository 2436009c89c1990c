import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useEffect, useRef } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { Page } from "../components/Page.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { Composer } from "../composer/Composer.tsx"
import { draftOf, isMasked } from "../composer/draft.ts"
import { useDraft } from "../composer/useDraft.ts"

const route = getRouteApi("/")

export const ComposerPage = () => {
  const api = useApi()
  const { rerun } = route.useSearch()
  const navigate = route.useNavigate()
  const state = useDraft()
  const { replace } = state
  const before = useQuery({
    queryKey: ["run", rerun, "request"],
    queryFn: ({ signal }) => api.runs.get({ params: { id: rerun ?? "" }, signal }),
    enabled: rerun !== undefined,
    staleTime: Infinity,
  })
  const taken = useRef<string>(undefined)
  useEffect(() => {
    if (before.data === undefined || rerun === undefined || taken.current === rerun) return
    taken.current = rerun
    replace(draftOf(before.data.request, rerun))
    // The draft has it now: a reload must not throw away what is edited.
    void navigate({ to: "/", search: {}, replace: true })
  }, [before.data, navigate, replace, rerun])
  const { rerunOf } = state.draft
  return (
    <Page title={rerunOf === undefined ? "New run" : "Rerun with changes"}>
      {rerun !== undefined && before.isPending && <SkeletonLines lines={6} />}
      {before.error !== null && rerun !== undefined && (
        <ErrorState
          className="mb-4"
          title={`${rerun} could not be loaded`}
          error={before.error}
          onRetry={() => void before.refetch()}
        />
      )}
      {rerunOf !== undefined && (
        <p className="mb-4 text-sm text-soft">
          Begins as{" "}
          <Link to="/runs/$id" params={{ id: rerunOf }} className="font-mono text-text underline underline-offset-3">
            {rerunOf}
          </Link>{" "}
          did.
          {isMasked(state.draft.prompt) && (
            <span className="text-attention">
              {" "}
              Parts of its prompt were masked, and nobody knows them any more: write something for each{" "}
              <code className="font-mono">[redacted:…]</code>, or the agent reads the mark.
            </span>
          )}
        </p>
      )}
      {!(rerun !== undefined && before.isPending) && <Composer {...state} />}
    </Page>
  )
}

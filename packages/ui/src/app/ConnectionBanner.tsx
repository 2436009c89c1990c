import { useQueryClient } from "@tanstack/react-query"
import { useEffect } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { useReachable } from "../api/connection.ts"
import { Spinner } from "../components/Spinner.tsx"

/** Longest pause between two looks for the server, in milliseconds. */
const longest = 5_000

/** Says that the server does not answer, and looks for it until it does; then everything shown is asked for again. */
export const ConnectionBanner = () => {
  const api = useApi()
  const queries = useQueryClient()
  const reachable = useReachable()
  useEffect(() => {
    if (reachable) return
    let wait = 500
    let timer: ReturnType<typeof setTimeout>
    const look = () => {
      api.system.health().then(
        () => void queries.invalidateQueries(),
        () => {
          wait = Math.min(wait * 2, longest)
          timer = setTimeout(look, wait)
        },
      )
    }
    timer = setTimeout(look, wait)
    window.addEventListener("online", look)
    return () => {
      clearTimeout(timer)
      window.removeEventListener("online", look)
    }
  }, [api, queries, reachable])
  return (
    <div role="status" className="contents">
      {!reachable && (
        <div className="sticky top-0 z-20 flex items-center justify-center gap-2 border-b bg-attention-soft px-4 py-1.5 text-xs text-attention">
          <Spinner />
          <span>
            The server does not answer. Looking for it…
            <span className="max-sm:hidden"> Runs do not depend on this page.</span>
          </span>
        </div>
      )}
    </div>
  )
}

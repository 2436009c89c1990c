import { useQueryClient } from "@tanstack/react-query"
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { useReachable } from "../api/connection.ts"
import { hasEnded, runQuery } from "../api/runQueries.ts"
import type { Run } from "../api/types.ts"
import { type FeedState, RunFeed } from "./RunFeed.ts"

/** A run is asked for again at most once in so many milliseconds. */
const refreshMillis = 700

/** Calls soon, and once for all calls until then. */
const useSoon = (run: () => void): (() => void) => {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const latest = useRef(run)
  useEffect(() => {
    latest.current = run
  })
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      timer.current = undefined
    },
    [],
  )
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      latest.current()
    }, refreshMillis)
  }, [])
}

/** The log of a run, which goes on as long as the run does. @param run as it is known; the feed begins at its end. */
export const useRunFeed = (run: Run): { readonly feed: RunFeed; readonly state: FeedState } => {
  const api = useApi()
  const queries = useQueryClient()
  const reachable = useReachable()
  const { id } = run
  const onRun = useSoon(() => void queries.invalidateQueries({ queryKey: runQuery(api, id).queryKey }))
  const [feed] = useState(() => new RunFeed({ api, id, lastSeq: run.lastSeq, onRun }))
  const state = useSyncExternalStore(feed.subscribe, feed.snapshot)
  const live = !hasEnded(run.state) && run.state !== "action_needed"
  useEffect(() => {
    void feed.conversation.latest()
    return () => feed.window.close()
  }, [feed])
  useEffect(() => {
    if (!live) return
    const controller = new AbortController()
    void feed.follow(controller.signal)
    return () => controller.abort()
  }, [feed, live])
  // What was stored while nobody listened.
  useEffect(() => feed.window.grow(run.lastSeq), [feed, run.lastSeq])
  useEffect(() => {
    if (reachable && feed.window.error !== undefined) feed.window.retry()
  }, [feed, reachable])
  return { feed, state: live ? state : "stopped" }
}

/** What the screens of runs and of the queue ask for: the keys and how each is fetched. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query"
import type { Client } from "./client.ts"
import { runTitle } from "../run/runTitle.ts"
import type { Run } from "./types.ts"

const ended: ReadonlySet<Run["state"]> = new Set([
  "succeeded",
  "failed",
  "canceled",
  "timed_out",
  "interrupted",
  "rejected",
])
const waiting: ReadonlySet<Run["state"]> = new Set(["queued", "retry_wait", "action_needed"])

/** Whether nothing comes after the state. */
export const hasEnded = (state: Run["state"]): boolean => ended.has(state)
/** Whether the run waits for its turn, or for a person. */
export const waits = (state: Run["state"]): boolean => waiting.has(state)

export const runQuery = (api: Client, id: string) =>
  queryOptions({ queryKey: ["runs", id], queryFn: ({ signal }) => api.runs.get({ params: { id }, signal }) })

export const explainQuery = (api: Client, id: string) =>
  queryOptions({
    queryKey: ["runs", id, "explain"],
    queryFn: ({ signal }) => api.runs.explain({ params: { id }, signal }),
    refetchInterval: 5_000,
  })

/** What of the list of runs is asked for. */
export interface RunFilter {
  readonly provider?: string
  readonly state?: ReadonlyArray<Run["state"]>
  readonly q?: string
}

/** Runs of one page. */
const pageRuns = 50

export const runsQuery = (api: Client, { provider, q, state }: RunFilter) =>
  infiniteQueryOptions({
    queryKey: ["runs", "list", { provider, q, state }],
    queryFn: ({ pageParam, signal }) =>
      api.runs.list({
        query: {
          limit: pageRuns,
          ...(provider === undefined ? {} : { provider }),
          ...(q === undefined ? {} : { q }),
          ...(state === undefined ? {} : { state }),
          ...(pageParam === "" ? {} : { before: pageParam }),
        },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
  })

/** Runs that are offered for a text, before anybody asks for a page of them. */
const offeredRuns = 6

export const foundRunsQuery = (api: Client, q: string) =>
  queryOptions({
    queryKey: ["runs", "found", q],
    queryFn: async ({ signal }) => (await api.runs.list({ query: { q, limit: offeredRuns }, signal })).runs,
    staleTime: 5_000,
    gcTime: 30_000,
  })

/** Rows of the queue that are shown. */
const queueRows = 500

export const queueQuery = (api: Client) =>
  queryOptions({
    queryKey: ["queue"],
    queryFn: ({ signal }) => api.queue.list({ query: { limit: queueRows }, signal }),
    refetchInterval: 2_000,
  })

export const decisionsQuery = (api: Client) =>
  queryOptions({
    queryKey: ["queue", "decisions"],
    queryFn: async ({ signal }) => (await api.queue.decisions({ query: { limit: 50 }, signal })).decisions,
  })

export const breakersQuery = (api: Client) =>
  queryOptions({
    queryKey: ["queue", "breakers"],
    queryFn: async ({ signal }) => (await api.queue.breakers({ signal })).breakers,
    refetchInterval: 10_000,
  })

export interface RedactionRow {
  readonly rule: string
  readonly count: number
}

export const redactionsQuery = (api: Client, id: string) =>
  queryOptions({
    queryKey: ["runs", id, "redactions"],
    queryFn: async ({ signal }) =>
      (await api.runs.redactions({ params: { id }, signal })).redactions as ReadonlyArray<RedactionRow>,
  })

/** What the runs of the queue are called; its listing tells only their ids. */
export const queueTitlesQuery = (api: Client) =>
  queryOptions({
    queryKey: ["queue", "titles"],
    queryFn: async ({ signal }) => {
      const state: ReadonlyArray<Run["state"]> = ["queued", "starting", "running", "retry_wait"]
      const { runs } = await api.runs.list({ query: { state, limit: queueRows }, signal })
      return new Map(runs.map((run) => [run.id, runTitle(run)]))
    },
    refetchInterval: 5_000,
  })

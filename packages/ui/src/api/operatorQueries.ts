/** What the screens of schedules, budgets and decisions ask for: the keys and how each is fetched. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query"
import type { Client } from "./client.ts"

export const schedulesQuery = (api: Client) =>
  queryOptions({
    queryKey: ["schedules"],
    queryFn: async ({ signal }) => (await api.schedules.list({ signal })).schedules,
    refetchInterval: 10_000,
  })

/** Times of a schedule, or of an expression, that are told. */
const timesShown = 5

export const nextTimesQuery = (api: Client, id: string) =>
  queryOptions({
    queryKey: ["schedules", id, "next"],
    queryFn: async ({ signal }) =>
      (await api.schedules.next({ params: { id }, query: { count: timesShown }, signal })).times,
    refetchInterval: 30_000,
  })

export const previewQuery = (api: Client, expression: string, timeZone: string) =>
  queryOptions({
    queryKey: ["schedules", "preview", expression, timeZone],
    queryFn: async ({ signal }) => {
      const zone = timeZone === "" ? {} : { timeZone }
      return (await api.schedules.preview({ payload: { expression, ...zone, count: timesShown }, signal })).times
    },
    enabled: expression !== "",
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    gcTime: 30_000,
  })

export const budgetsQuery = (api: Client) =>
  queryOptions({
    queryKey: ["budgets"],
    queryFn: async ({ signal }) => (await api.budgets.list({ signal })).budgets,
    refetchInterval: 15_000,
  })

/** Entries of one page. */
const pageEntries = 100

/** @param action what actions begin with; empty: all. */
export const auditQuery = (api: Client, action: string) =>
  infiniteQueryOptions({
    queryKey: ["audit", action],
    queryFn: ({ pageParam, signal }) =>
      api.audit.list({
        query: {
          limit: pageEntries,
          ...(action === "" ? {} : { action }),
          ...(pageParam === 0 ? {} : { before: pageParam }),
        },
        signal,
      }),
    initialPageParam: 0,
    getNextPageParam: ({ next }) => next,
  })

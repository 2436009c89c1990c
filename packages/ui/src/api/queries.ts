/** What the page asks for and keeps for a while: the keys and how each is fetched. */
import { queryOptions } from "@tanstack/react-query"
import type { Client } from "./client.ts"

/** By what usage is summed up. */
export type Grouping = Parameters<Client["usage"]["sums"]>[0]["query"]["by"]

export const settingsQuery = (api: Client) =>
  queryOptions({ queryKey: ["settings"], queryFn: ({ signal }) => api.system.settings({ signal }), staleTime: 60_000 })

/** Slow: it starts every CLI to ask for its version. */
export const capabilitiesQuery = (api: Client) =>
  queryOptions({
    queryKey: ["capabilities"],
    queryFn: async ({ signal }) => (await api.capabilities.list({ signal })).diagnoses,
    staleTime: 5 * 60_000,
  })

export const policyQuery = (api: Client, provider: string) =>
  queryOptions({
    queryKey: ["policy", provider],
    queryFn: ({ signal }) => api.policy.explain({ query: { provider }, signal }),
    staleTime: 60_000,
    enabled: provider !== "",
  })

export const grantsQuery = (api: Client, ended = false) =>
  queryOptions({
    queryKey: ["grants", { ended }],
    queryFn: async ({ signal }) => (await api.grants.list({ query: ended ? { ended } : {}, signal })).grants,
  })

export const usageSumsQuery = (
  api: Client,
  { by, since, timeZone }: { readonly by: Grouping; readonly since: number; readonly timeZone: string },
) =>
  queryOptions({
    queryKey: ["usage", "sums", { by, since, timeZone }],
    queryFn: async ({ signal }) => (await api.usage.sums({ query: { by, since, timeZone }, signal })).sums,
    staleTime: 15_000,
  })

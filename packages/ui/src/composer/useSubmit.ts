/** Starts the run of a draft once, however often it is sent. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useRef } from "react"
import { useApi } from "../api/ApiContext.tsx"
import type { Client } from "../api/client.ts"
import type { RunRequest } from "../api/types.ts"
import type { Draft } from "./draft.ts"
import { overridesOf } from "./requestOf.ts"

const send = (api: Client, { base, rerunOf }: Draft, request: RunRequest, key: string) => {
  const overrides = rerunOf === undefined || base === undefined ? undefined : overridesOf(base, request)
  // With the prompt as it was, the server repeats its own copy, and refuses where that was stored masked.
  if (rerunOf !== undefined && overrides !== undefined && !Object.hasOwn(overrides, "prompt")) {
    return api.runs.rerun({ params: { id: rerunOf }, payload: { overrides: { ...overrides, idempotencyKey: key } } })
  }
  const payload = rerunOf === undefined ? request : { ...request, rerunOf }
  return api.runs.submit({ payload, headers: { "idempotency-key": key } })
}

export const useSubmit = () => {
  const api = useApi()
  const queries = useQueryClient()
  /** The key of what was sent last: the same again after a broken connection is the same run. */
  const sent = useRef<{ readonly text: string; readonly key: string }>(undefined)
  return useMutation({
    mutationFn: ({ draft, request }: { readonly draft: Draft; readonly request: RunRequest }) => {
      const text = JSON.stringify([request, draft.rerunOf])
      if (sent.current?.text !== text) sent.current = { text, key: crypto.randomUUID() }
      return send(api, draft, request, sent.current.key)
    },
    onSuccess: () => {
      sent.current = undefined
      void queries.invalidateQueries({ queryKey: ["runs"] })
      void queries.invalidateQueries({ queryKey: ["queue"] })
    },
  })
}

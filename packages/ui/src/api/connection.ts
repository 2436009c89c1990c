/** Whether the server answers, as the last request found out. */
import { useSyncExternalStore } from "react"
import { browserClient } from "./browserClient.ts"

let reachable = true
const listeners = new Set<() => void>()

export const setReachable = (next: boolean): void => {
  if (next === reachable) return
  reachable = next
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useReachable = (): boolean => useSyncExternalStore(subscribe, () => reachable)

/** A `fetch` that says which browser asks, and notes whether anybody answered. An abort says nothing about the server. */
export const watchedFetch: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers)
  headers.set("x-runyard-client", browserClient())
  try {
    const response = await fetch(input, { ...init, headers })
    setReachable(true)
    return response
  } catch (error) {
    if (error instanceof TypeError) setReachable(false)
    throw error
  }
}

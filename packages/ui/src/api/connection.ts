/** Whether the server answers, as the last request found out. */
import { useSyncExternalStore } from "react"

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

/** A `fetch` that notes whether anybody answered. An aborted request says nothing about the server. */
export const watchedFetch: typeof fetch = async (input, init) => {
  try {
    const response = await fetch(input, init)
    setReachable(true)
    return response
  } catch (error) {
    if (error instanceof TypeError) setReachable(false)
    throw error
  }
}

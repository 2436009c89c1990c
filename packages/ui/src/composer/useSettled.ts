/** Waits until nobody types any more. */
import { useEffect, useState } from "react"

/** How long nobody must have typed, in milliseconds. */
const pauseMillis = 350

/** A value as it was when nobody had typed for a moment, and whether that is the present one. @param key says all that the value does. */
export const useSettled = <A>(value: A, key: string): { readonly value: A; readonly settled: boolean } => {
  const [settled, setSettled] = useState({ key, value })
  useEffect(() => {
    const timer = setTimeout(() => setSettled({ key, value }), pauseMillis)
    return () => clearTimeout(timer)
    // The key says all that the value does.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [key])
  return { value: settled.value, settled: settled.key === key }
}

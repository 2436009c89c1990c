import { useSyncExternalStore } from "react"
import { aboutText, dateTimeText, relativeText } from "./timeText.ts"

let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** One clock for all times on the page. It stands still while nobody looks. */
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  now = Date.now()
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of listeners) each()
  }, 1_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** The time, once a second. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now)

interface RelativeTimeProps {
  readonly at: number
  /** It is a guess: "in about 3 min", "soon". */
  readonly about?: boolean
  readonly className?: string
}

/** "3 min ago", with the exact time as its title. */
export const RelativeTime = ({ about = false, at, className }: RelativeTimeProps) => {
  const text = useSyncExternalStore(subscribe, () => (about ? aboutText : relativeText)(at, now))
  return (
    <time dateTime={new Date(at).toISOString()} title={dateTimeText(at)} className={className}>
      {text}
    </time>
  )
}

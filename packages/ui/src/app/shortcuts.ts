/** Keys that do something wherever the focus is, unless somebody is typing. */
import { useEffect, useRef } from "react"

/** How long the second key of two may take, in milliseconds. */
const sequenceMillis = 900

interface Binding {
  readonly keys: string
  readonly run: () => void
}

const bindings = new Set<Binding>()
let pending: { readonly key: string; readonly at: number } | undefined

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.closest("input, textarea, select, [role='textbox'], .xterm") !== null)

/** `mod+k` with the key that this platform uses for commands; otherwise the key alone. */
const nameOf = (event: KeyboardEvent): string | undefined => {
  if (event.altKey) return undefined
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return event.ctrlKey || event.metaKey ? `mod+${key}` : key
}

/** A toast calls itself a dialog, too, and keeps nobody from anything. */
const hasDialog = () =>
  document.querySelector("[role='dialog']:not([aria-modal='false']), [role='alertdialog']") !== null

const onKeyDown = (event: KeyboardEvent): void => {
  const name = nameOf(event)
  if (name === undefined || event.defaultPrevented || event.isComposing) return
  const command = name.startsWith("mod+")
  if (!command && (isTyping(event.target) || hasDialog())) return
  const sequence =
    pending !== undefined && event.timeStamp - pending.at < sequenceMillis ? `${pending.key} ${name}` : undefined
  const last = [...bindings].toReversed()
  const found = last.find(({ keys }) => keys === sequence) ?? last.find(({ keys }) => keys === name)
  pending = undefined
  if (found !== undefined) {
    event.preventDefault()
    found.run()
  } else if (!command) pending = { key: name, at: event.timeStamp }
}

/** @param keys `n`, `?`, `g h` for one after the other, `mod+k` with Control or Command. */
export const useShortcut = (keys: string, run: () => void): void => {
  const latest = useRef(run)
  useEffect(() => {
    latest.current = run
  })
  useEffect(() => {
    const binding = { keys, run: () => latest.current() }
    if (bindings.size === 0) document.addEventListener("keydown", onKeyDown)
    bindings.add(binding)
    return () => {
      bindings.delete(binding)
      if (bindings.size === 0) document.removeEventListener("keydown", onKeyDown)
    }
  }, [keys])
}

const isApple = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent)

/** The keys of a shortcut as they stand on the keyboard. */
export const keyCaps = (keys: string): ReadonlyArray<string> =>
  keys.split(" ").flatMap((key) => (key.startsWith("mod+") ? [isApple ? "⌘" : "Ctrl", cap(key.slice(4))] : [cap(key)]))

const cap = (key: string): string => (key.length === 1 ? key.toUpperCase() : key === "Enter" ? "↵" : key)

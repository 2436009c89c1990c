/** The draft, kept in this tab: a reload loses nothing. */
import { useCallback, useEffect, useState } from "react"
import { type Draft, emptyDraft } from "./draft.ts"

const key = "runyard.draft"
const lastKey = "runyard.last"

const read = (storage: () => Storage, name: string): Partial<Draft> => {
  try {
    const value: unknown = JSON.parse(storage().getItem(name) ?? "{}")
    return typeof value === "object" && value !== null ? value : {}
  } catch {
    return {}
  }
}

const write = (storage: () => Storage, name: string, value: Partial<Draft>): void => {
  try {
    storage().setItem(name, JSON.stringify(value))
  } catch {
    // Full or not there: then the draft lives as long as the page.
  }
}

/** What was chosen last time, which a new draft begins with. */
const fresh = (): Draft => {
  const { cwd = "", provider = "" } = read(() => localStorage, lastKey)
  return { ...emptyDraft, cwd, provider }
}

export interface DraftState {
  readonly draft: Draft
  readonly change: (change: Partial<Draft>) => void
  readonly replace: (draft: Draft) => void
  readonly clear: () => void
}

export const useDraft = (): DraftState => {
  const [draft, setDraft] = useState<Draft>(() => ({ ...fresh(), ...read(() => sessionStorage, key) }))
  useEffect(() => write(() => sessionStorage, key, draft), [draft])
  const change = useCallback((change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change })), [])
  const clear = useCallback(() => {
    const next = fresh()
    // At once: the screen may be left before an effect comes to it.
    write(() => sessionStorage, key, next)
    setDraft(next)
  }, [])
  return { draft, change, replace: setDraft, clear }
}

/** What to begin with next time. */
export const rememberChoice = ({ cwd, provider }: Pick<Draft, "cwd" | "provider">): void =>
  write(() => localStorage, lastKey, { cwd, provider })

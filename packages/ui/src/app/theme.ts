/** Light, dark, or as the system is; kept in this browser. `public/theme.js` reads it before anything is drawn. */
import { useSyncExternalStore } from "react"

export type Theme = "system" | "light" | "dark"
export const themes: ReadonlyArray<Theme> = ["system", "light", "dark"]

const key = "runyard.theme"
const listeners = new Set<() => void>()

const current = (): Theme => {
  const chosen = document.documentElement.dataset["theme"]
  return chosen === "light" || chosen === "dark" ? chosen : "system"
}

export const setTheme = (theme: Theme): void => {
  if (theme === "system") delete document.documentElement.dataset["theme"]
  else document.documentElement.dataset["theme"] = theme
  try {
    if (theme === "system") localStorage.removeItem(key)
    else localStorage.setItem(key, theme)
  } catch {
    // Without a storage it holds for as long as the page does.
  }
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, current)

/** What is drawn now, for what cannot read CSS variables by itself, such as a canvas. */
export const useDrawnTheme = (): "light" | "dark" => {
  const theme = useTheme()
  const system = useSyncExternalStore(subscribeSystem, systemIsDark)
  return theme === "system" ? (system ? "dark" : "light") : theme
}

const dark = () => matchMedia("(prefers-color-scheme: dark)")
const systemIsDark = (): boolean => dark().matches
const subscribeSystem = (listener: () => void) => {
  const query = dark()
  query.addEventListener("change", listener)
  return () => query.removeEventListener("change", listener)
}

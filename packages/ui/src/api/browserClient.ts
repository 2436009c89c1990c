/** Names this browser to the server. A session is good for the browser that opened it alone. */
const key = "runyard.client"

const fresh = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")
}

let passing: string | undefined

/** The same for as long as this browser keeps it; without a storage, for as long as the page lives. */
export const browserClient = (): string => {
  try {
    const known = localStorage.getItem(key)
    if (known !== null) return known
    const made = fresh()
    localStorage.setItem(key, made)
    return made
  } catch {
    return (passing ??= fresh())
  }
}

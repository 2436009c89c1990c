/** Where a link in an agent's text may lead: out to the web or to a mail, by its whole address. Undefined: nowhere. */
const schemes = new Set(["http:", "https:", "mailto:"])

export const safeLink = (address: string): string | undefined => {
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  // A name before the host only pretends to be one.
  return schemes.has(url.protocol) && url.username === "" && url.password === "" ? url.href : undefined
}

/** The one-time code that a link of `runyard serve` carries behind `#`, where no server and no log sees it. */
const pattern = /^#code=([A-Za-z0-9_-]{8,200})$/

/** The code of this address, which is taken out of it and of the history at once. */
export const takeCode = (location: Location, history: History): string | undefined => {
  const code = pattern.exec(location.hash)?.[1]
  if (location.hash.startsWith("#code=")) history.replaceState(history.state, "", location.pathname + location.search)
  return code
}

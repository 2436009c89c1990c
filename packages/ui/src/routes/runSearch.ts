export type RunSearch = Readonly<Record<string, never>>

export const runSearch = (): RunSearch => ({})

export type RunsSearch = Readonly<Record<string, never>>

export const runsSearch = (): RunsSearch => ({})

export type QueueSearch = Readonly<Record<string, never>>

export const queueSearch = (): QueueSearch => ({})

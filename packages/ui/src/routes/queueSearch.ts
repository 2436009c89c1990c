export const queueTabs = ["queue", "limits", "decisions"] as const
export type QueueTab = (typeof queueTabs)[number]

export interface QueueSearch {
  /** Missing: the queue itself. */
  readonly tab?: QueueTab
}

export const queueSearch = (search: Readonly<Record<string, unknown>>): QueueSearch => {
  const tab = queueTabs.find((each) => each === search["tab"])
  return tab === undefined || tab === "queue" ? {} : { tab }
}

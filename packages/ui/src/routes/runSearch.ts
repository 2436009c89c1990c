export const runViews = ["conversation", "events", "terminal", "details"] as const
export type RunView = (typeof runViews)[number]

export interface RunSearch {
  /** Missing: the conversation. */
  readonly view?: RunView
}

export const runSearch = (search: Readonly<Record<string, unknown>>): RunSearch => {
  const view = runViews.find((each) => each === search["view"])
  return view === undefined || view === "conversation" ? {} : { view }
}

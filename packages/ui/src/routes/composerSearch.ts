import { searchText } from "./searchText.ts"

export interface ComposerSearch {
  /** The run whose request the form begins with. */
  readonly rerun?: string
}

export const composerSearch = (search: Readonly<Record<string, unknown>>): ComposerSearch => {
  const rerun = searchText(search["rerun"], /^run_[0-9a-z]{16,40}$/)
  return rerun === undefined ? {} : { rerun }
}

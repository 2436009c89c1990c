/** The directory that a demonstration has to try an agent in, and what the form begins with there. Pure. */
import type { Playground } from "../api/types.ts"
import { type Draft, isBlank, optionTexts } from "./draft.ts"

/** What a provider has to be told to work in a directory. */
export const optionsIn = (playground: Playground | undefined, cwd: string, provider: string): Draft["options"] =>
  playground?.workspace === cwd ? optionTexts(playground.options[provider]) : {}

/** What an untouched form becomes; undefined where somebody has chosen a place or written something. */
export const offer = (playground: Playground | undefined, draft: Draft): Partial<Draft> | undefined => {
  if (playground === undefined || draft.cwd !== "" || !isBlank(draft)) return undefined
  const { prompt, workspace } = playground
  return { cwd: workspace, prompt, options: optionsIn(playground, workspace, draft.provider) }
}

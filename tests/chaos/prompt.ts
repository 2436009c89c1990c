/** What the scripted agent is told: see `fixtures/agent.mjs`. */
import type { Manner } from "./Ending.ts"
import { commandOf, type TreeName, wantedBeats } from "./Tree.ts"

export const promptOf = (
  { trees, manner }: { readonly trees: ReadonlyArray<TreeName>; readonly manner: Manner },
  directory: string,
): string =>
  JSON.stringify({
    directory,
    manner,
    trees: trees.map((name) => ({ name, command: commandOf(name, directory), beats: wantedBeats(name) })),
  })

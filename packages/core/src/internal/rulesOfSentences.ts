/** What somebody says of a secret. */
import type { RedactionRule } from "../RedactionRule.ts"
import { shape } from "./ruleForms.ts"

export const sentenceRules: ReadonlyArray<RedactionRule> = [
  shape(
    "said-password",
    "password",
    ["password ", "passphrase ", "passcode ", "passwort "],
    /pass(?:word|phrase|code|wort)(?: (?:is|was|ist|now|set to|to))?(?: now| still)?:? {1,4}\\{0,8}["'`*(]{0,3}([^\s"'`\\,;<>()[\]{}]{6,256})/iy,
    {
      reach: "line",
      value: "password",
      said: true,
      open: /pass(?:word|phrase|code|wort)(?: \w{0,5}){0,3}:? {0,4}\\{0,8}["'`*(]{0,3}(?:[^\s"'`\\,;<>()[\]{}]{0,256})$/iy,
    },
  ),
  shape(
    "said-token",
    "token",
    ["token ", "secret ", "api key ", "access key ", "seed "],
    /(?:token|secret|seed|api key|access key)(?: (?:is|was|ist|now|\d))?:? {1,4}\\{0,8}["'`*(]{0,3}([^\s"'`\\,;<>()[\]{}]{12,512})/iy,
    {
      reach: "line",
      value: "token",
      said: true,
      entropy: 3,
      open: /(?:token|secret|seed|api key|access key)(?: \w{0,3}){0,2}:? {0,4}\\{0,8}["'`*(]{0,3}(?:[^\s"'`\\,;<>()[\]{}]{0,512})$/iy,
    },
  ),
]

/** What somebody says of a secret. */
import type { RedactionRule } from "../RedactionRule.ts"
import { shape } from "./ruleForms.ts"

const small = "[a-z]{1,8}"
/** Between them, also where a terminal or a mailer goes on in the next line. */
const gap = "(?: ?(?:\\r?\\n|\\\\{1,8}n)[ \\t]{0,24}(?:[>|+] ?)?| )"

export const sentenceRules: ReadonlyArray<RedactionRule> = [
  shape(
    "said-password",
    "password",
    ["password ", "password's ", "passphrase ", "passcode ", "passwort ", "pw "],
    /(?:pass(?:word(?:'s)?|phrase|code|wort)|(?<![A-Za-z\d+/])pw)(?: (?:for|of) [\w.@-]{1,64})?(?: (?:is|was|ist|now|set to|to))?(?: now| still| generated for \S{1,64}(?=: ))?:? {1,4}\\{0,8}["'`*([<]{0,3} ?([^\s"'`\\,;<>()[\]{}]{6,256})/iy,
    {
      reach: "line",
      value: "password",
      said: true,
      open: /(?:pass(?:word(?:'s)?|phrase|code|wort)|pw)(?: [\w.@-]{0,64}){0,5}:? {0,4}\\{0,8}["'`*([<]{0,3} ?(?:[^\s"'`\\,;<>()[\]{}]{0,256})$/iy,
    },
  ),
  // The words of a wallet: as many as these have, each short and in small letters.
  shape(
    "seed-phrase",
    "password",
    ["mnemonic", "seed", "phrase", "recovery words"],
    new RegExp(
      `(?:mnemonic|seed|phrase|recovery words)(?:[_ -]?(?:phrase|words?))?\\\\{0,8}["'\`]?(?: is| was)?[ \\t]{0,4}[:=]{0,2}[ \\t]{0,4}\\\\{0,8}["'\`]?(${small}(?:${gap}${small}){11,26})(?=\\s{0,2}(?:$|[\\n\\r"'\`\\\\.,;)<|\u2502]))`,
      "iy",
    ),
    {
      reach: "lines",
      open: new RegExp(
        `(?:mnemonic|seed|phrase|recovery words)(?:[\\w "'\`:=\\\\-]{0,40}|[_ -]?(?:phrase|words?)?[ \\t:="'\`\\\\]{0,12}${small}(?: ${small}){0,26}|[_ -]?(?:phrase|words?)?[ \\t:="'\`\\\\]{0,12}${small}(?: ${small}){3,24}(?:${gap}${small}){0,24})(?: ?(?:\\r?\\n?|\\\\{1,8}n?)[ \\t]{0,24}(?:[>|+] ?)?)$`,
        "iy",
      ),
      allow: /\b(?:the|and|is|of|to|in|for)\b/,
    },
  ),
  shape(
    "said-token",
    "token",
    ["token ", "secret ", "api key ", "access key ", "hmac key ", "signing key ", "encryption key ", "seed "].concat(
      [
        "unseal",
        "recovery",
        "private",
        "secret",
        "master",
        "shared",
        "license",
        "service",
        "account",
        "root",
        "setup",
        "deploy",
      ].map((name) => `${name} key `),
    ),
    /(?:token|secret|seed|(?:api|access|hmac|signing|encryption|unseal|recovery|private|secret|master|shared|license|service|account|root|setup|deploy) key)(?: (?:is|was|ist|now|\d{1,2}))?:? {1,4}\\{0,8}["'`*(]{0,3}([^\s"'`\\,;<>()[\]{}]{12,512})/iy,
    {
      reach: "line",
      value: "token",
      said: true,
      entropy: 3,
      open: /(?:token|secret|seed|[a-z]{3,10} key)(?: \w{0,3}){0,2}:? {0,4}\\{0,8}["'`*(]{0,3}(?:[^\s"'`\\,;<>()[\]{}]{0,512})$/iy,
    },
  ),
]

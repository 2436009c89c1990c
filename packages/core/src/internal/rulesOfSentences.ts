/** What somebody says of a secret. */
import type { RedactionRule } from "../RedactionRule.ts"
import { shape } from "./ruleForms.ts"

const small = "[a-z]{1,8}"
/** Between them, also where a terminal or a mailer goes on in the next line. */
const gap = "(?: ?(?:\\\\{0,8}\\r?\\n|\\\\{1,8}n)[ \\t]{0,24}(?:[>|+] ?)?| )"

/** Whose it is: `pin` alone is the one of a processor, or of a version. */
const pinOf =
  "[Uu]nlock|[Dd]evice|[Ss]im|SIM|[Cc]ard|[Uu]ser|[Aa]dmin|[Ss]ecurity|[Dd]oor|[Aa]larm|[Aa]ccount|[Ll]ogin|[Ll]ock|[Pp]airing|[Vv]ault|[Tt]oken|[Ww]allet|[Pp]hone|UNLOCK|DEVICE|CARD|USER|ADMIN|SECURITY"
/** One of a list that somebody keeps. */
const code = "(?:(?=[a-z-]*\\d)[a-z\\d]{4,6}(?:-[a-z\\d]{4,6}){1,3}|\\d{8,10})"

/** A line end, and what a mail, a list, a diff or a log puts before the next line. */
const marked =
  "[ \\t]{0,8}(?:\\r?\\n|\\\\{1,8}(?:r\\\\{1,8})?n){1,2}(?:[ \\t]|\\\\{1,8}t){0,24}(?:(?:>{1,4}|[-*+|#]|\\d{1,6}[.):\\t\u2192]|\\[ ?\\]|[\\w-]{1,24} {1,4}\\|)[ \\t]{0,4}){0,2}"
const listedCode =
  "(?:(?=[a-z-]*\\d)[a-z\\d]{4,6}(?:-[a-z\\d]{4,6}){1,3}|(?=[a-z]*\\d)(?=\\d*[a-z])[a-z\\d]{8,12}|\\d{8,10}|\\d{4} \\d{4})"

export const sentenceRules: ReadonlyArray<RedactionRule> = [
  shape(
    "said-password",
    "password",
    ["password ", "password's ", "passphrase ", "passcode ", "passwort ", "pw "],
    /(?:pass(?:word(?:'s)?|phrase|code|wort)|(?<![A-Za-z\d+/])pw)(?: (?:for|of) (?:key \\{0,8}["'`]?)?[\w.@/~-]{1,64}["'`]?)?(?: (?:is|was|ist|now|set to|to))?(?: now| still| generated for \S{1,64}(?=: ))?:? {1,4}\\{0,8}["'`*([<]{0,3} ?([^\s"'`\\,;<>()[\]{}]{6,256})/iy,
    {
      reach: "line",
      value: "password",
      said: true,
      open: /(?:pass(?:word(?:'s)?|phrase|code|wort)|pw)(?: \\{0,8}["'`]?[\w.@/~-]{0,64}["'`]?){0,5}:? {0,4}\\{0,8}["'`*([<]{0,3} ?(?:[^\s"'`\\,;<>()[\]{}]{0,256})$/iy,
    },
  ),
  // The words of a wallet: as many as these have, each short and in small letters.
  shape(
    "seed-phrase",
    "password",
    ["mnemonic", "seed", "phrase", "recovery words"],
    new RegExp(
      `(?:mnemonic|seed|phrase|recovery words)(?:[_ -]?(?:phrase|words?))?\\\\{0,8}["'\`]?(?: is| was)?[ \\t]{0,40}(?:[:=]{1,2}|[|,\u2502])?[ \\t]{0,4}\\\\{0,8}["'\`]?(${small}(?:${gap}${small}){11,26})(?=\\s{0,2}(?:$|[\\n\\r"'\`\\\\.,;)<|\u2502]))`,
      "iy",
    ),
    {
      reach: "lines",
      open: new RegExp(
        `(?:mnemonic|seed|phrase|recovery words)(?:[\\w "'\`:=,|\u2502\\\\-]{0,60}|[_ -]?(?:phrase|words?)?[ \\t:=,|\u2502"'\`\\\\]{0,44}${small}(?: ${small}){0,26}|[_ -]?(?:phrase|words?)?[ \\t:=,|\u2502"'\`\\\\]{0,44}${small}(?: ${small}){3,24}(?:${gap}${small}){0,24})(?: ?(?:\\\\{0,8}\\r?\\n?|\\\\{1,8}n?)[ \\t]{0,24}(?:[>|+] ?)?)$`,
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
  // What is typed into a telephone, a door or a card. A number in JSON stays, for what it is in would be no JSON without it.
  shape(
    "pin",
    "password",
    [
      "pin: ",
      "pin is ",
      "pin=",
      "pin = ",
      'pin":',
      "pin\\",
      "pin code ",
      "pin code:",
      "pin lautet ",
      "puk: ",
      "puk is ",
      "puk=",
    ],
    new RegExp(
      `(?:(?<![A-Za-z])P(?:IN|UK)|(?<=(?<![A-Za-z])(?:${pinOf})[ _-]?)[Pp](?:in|IN))(?: code)?(?:\\\\{0,8}["'] ?[:=] ?\\\\{0,8}["']|: ?| ?= ?| (?:is|was|ist|lautet) )\\\\{0,8}["'\`]?(\\d{4,12})(?![\\w-]|\\.\\d)`,
      "y",
    ),
    { reach: "line", open: /p(?:in|uk)[^\n\d]{0,28}\d{0,12}$/iy },
  ),
  shape(
    "one-time-code",
    "password",
    ["backup", "recovery", "rescue", "scratch", "emergency", "one-time"].flatMap((name) => [
      `${name} code`,
      `${name}_code`,
    ]),
    new RegExp(
      `[a-z-]{6,9}[ _]codes?(?: (?:is|are|was|were))?[:=]? {0,2}\\\\{0,8}["'\`]?(${code}(?:(?:, ?| )${code}){0,15})(?![\\w-])`,
      "iy",
    ),
    {
      each: new RegExp(code, "gi"),
      reach: "line",
      open: /[a-z-]{6,9}[ _]codes?(?: (?:is?|a|are|w|wa|was|were?)?)?[:=]? {0,2}\\{0,8}["'`]?[a-z\d, -]{0,260}$/iy,
    },
  ),
  // The same, one below the other.
  shape(
    "one-time-code",
    "password",
    ["backup", "recovery", "rescue", "scratch", "emergency", "one-time"].flatMap((name) => [
      `${name} codes`,
      `${name}_codes`,
      `${name}codes`,
    ]),
    new RegExp(
      `[a-z-]{6,9}[ _]?codes(?: for [\\w.@-]{1,40})?(?: ?\\([^()\\n]{1,60}\\))?(?: are)?:?${marked}((?:${listedCode}(?:${marked}|$|(?=["'\\s\\\\]))){1,20})`,
      "iy",
    ),
    {
      each: new RegExp(`(?<![\\w-])${listedCode}(?![\\w-])`, "gi"),
      reach: "lines",
      open: new RegExp(
        `[a-z-]{6,9}[ _]?codes(?: for [\\w.@-]{0,40})?(?: ?(?:\\([^()\\n]{0,60}\\)?)?)?(?: a?r?e?)?:?(?:${marked}[a-z\\d-]{0,24}){0,20}(?:\\r|\\\\{1,8}(?:r\\\\{0,8})?)?$`,
        "iy",
      ),
    },
  ),
  // The same as a list of a program, where each stands in quotes.
  shape(
    "one-time-code",
    "password",
    ["backup", "recovery", "rescue", "scratch"].flatMap((name) => ["_", "-", ""].map((sign) => `${name}${sign}codes`)),
    new RegExp(
      `[a-z]{6,8}[_-]?codes\\\\{0,8}["']? {0,4}[:=] {0,4}\\[ ?((?:\\\\{0,8}["']${code}\\\\{0,8}["'](?:, ?)?){1,20})`,
      "iy",
    ),
    {
      each: new RegExp(code, "gi"),
      reach: "line",
      open: /[a-z]{6,8}[_-]?codes\\{0,8}["']? {0,4}(?:[:=] {0,4}(?:\[[^\]\n]{0,520})?)?$/iy,
    },
  ),
  // What an authenticator is set up with, in groups for people to type.
  shape(
    "otp-seed",
    "token",
    [
      "totp ",
      "otp secret",
      "otp seed",
      "2fa secret",
      "2fa key",
      "2fa seed",
      "mfa secret",
      "mfa key",
      "setup key",
    ].concat(["authenticator key", "authenticator secret"]),
    /(?:t?otp|[2m]fa|setup|authenticator) (?:secret|seed|key)(?: key)?(?: is)?[:=]? {1,2}\\{0,8}["'`]?((?=[A-Za-z -]*[2-7])[A-Za-z2-7]{4}(?:[ -][A-Za-z2-7]{4}){3,15})(?![\w-])/iy,
    {
      reach: "line",
      open: /[a-z2]{3,13} (?:s|se|sec|secr|secre|secret|see|seed|k|ke|key)?(?: [a-z]{0,3}){0,2}[:=]? {0,2}\\{0,8}["'`]?[A-Za-z2-7 -]{0,80}$/iy,
    },
  ),
]

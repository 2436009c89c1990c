/** What a command or a prompt shows on the line below, when it was asked for a credential. */
import type { RedactionRule } from "../RedactionRule.ts"
import { shape } from "./ruleForms.ts"

const name =
  "(?:passw(?:or)?d|passphrase|pwd|pw|secret|token|(?:api|access|account|auth|encryption|license|master|private|secret|service|signing)[_-]?key|credential|cookie)s?(?:[_-]?(?:value|plain|prod|dev|stage|live|test|v?\\d{1,2}))?"
const newline = "(?:\\r?\\n|\\\\{1,8}(?:r\\\\{1,8})?n)"
const newlineOpen = "(?:\\r?\\n?|\\\\{1,8}(?:r?\\\\{0,8})?n?)"
/** What stands before a line of a quoted text, or of a diff. */
const lineStart =
  "(?:[ \\t]|\\\\{1,8}t){0,12}(?:(?:[>|+*#]|//) ?|[\\da-f]{7,12} [^\\n]{1,60}\\) )?(?:[ \\t]|\\\\{1,8}t){0,12}"
const quote = `\\\\{0,8}["'\`]?`
const shown = `${newline}${lineStart}${quote}([^\\s"'\`\\\\]{6,1024})${quote}(?=\\s|\\\\|$|["'])`
const shownOpen = `(?:${newlineOpen}(?:${lineStart}${quote}(?:[^\\s"'\`\\\\]{0,1024}${quote})?)?)?$`

/** The line with the command ends with `line`; what may come before that is `open`. */
const reveals = (
  keywords: ReadonlyArray<string>,
  line: string,
  open: string,
  more: Partial<RedactionRule> = {},
): RedactionRule =>
  shape("shown-secret", "credential", keywords, new RegExp(`${line}${shown}`, "iy"), {
    word: true,
    reach: "lines",
    value: "password",
    said: true,
    open: new RegExp(`${open}$|${line}${shownOpen}`, "iy"),
    ...more,
  })

const rest = "[^\\n\\\\]{0,160}?"
/** Another command that only changes the form. */
const filters =
  "(?: ?\\| ?(?:base64 (?:-d|-D|--decode)|tr -d [^\\n|]{1,16}|cut [^\\n|]{1,24}|head [^\\n|]{1,12}|tail [^\\n|]{1,12}|xargs(?: echo)?|jq -r [^\\n|]{1,60}))"

/** The name in a sentence that says that something was made, and ends with a colon. */
const maker = "(?<=(?:your|new|generated|temporary|initial|here is the) (?:[\\w-]{1,10} ){0,2})"
const made = `${maker}[a-z]{3,10}(?: \\([^)\\n]{0,80}\\))?(?: (?:is|below|follows|now|once|only)){0,3} ?:`
const madeOpen = `${maker}[a-z]{3,10}(?: \\([^)\\n]{0,80}\\)?)?(?: [a-z]{0,8}){0,4}:?`

export const revealRules: ReadonlyArray<RedactionRule> = [
  // A variable.
  reveals(
    ["printenv ", "echo $", 'echo "$', 'echo \\"$', "echo ${", 'echo "${'],
    `(?:printenv |echo ${quote}\\$\\{?)[\\w]{0,48}${name}\\}?${quote}${filters}{0,2}`,
    `(?:printenv |echo ${quote}\\$\\{?)[\\w]{0,64}\\}?${quote}(?: ?\\|[^\\n]{0,60})?`,
  ),
  // A field of an object, asked for at a prompt.
  reveals(
    [
      'password"',
      "password'",
      'passwd"',
      'secret"',
      "secret'",
      'token"',
      "token'",
      'key"',
      "key'",
      'password\\"',
      'token\\"',
    ].concat(['secret\\"', 'key\\"']),
    `[a-z]{3,8}(?<=>>> [^\\n]{0,40})\\\\{0,8}["'][\\])]{1,3}`,
    `[a-z]{3,8}(?<=>>> [^\\n]{0,40})\\\\{0,8}["']?[\\])]{0,3}`,
    { word: false },
  ),
  reveals(["process.env."], `(?<=> )process\\.env\\.[\\w]{0,48}?${name}`, `(?<=> )process\\.env\\.[\\w]{0,64}`, {
    word: false,
  }),
  // A file that is named for what it holds.
  reveals(
    ["cat ", "head -1 ", "tail -1 "],
    `(?:cat|head -1|tail -1) (?:[^\\s\\\\|;&]{0,80}/)?[\\w.-]{0,32}(?:${name}|pass|psk)(?:\\.(?:txt|key|secret))?${filters}{0,2}`,
    `(?:cat|head -1|tail -1) [^\\s\\\\|;&]{0,120}(?: ?\\|[^\\n]{0,60})?`,
    { allow: /^(?:\/|[\w.-]+:$|#|cat:)/ },
  ),
  // A place for secrets, or a program that makes some.
  reveals(
    ["vault kv get ", "vault read ", "pass show ", "op read ", "gopass show ", "bw get ", "lpass show "]
      .concat(["gh auth token", "az account get-access-token ", "gcloud auth print-", "heroku auth:token"])
      .concat(["gcloud secrets versions access ", "aws secretsmanager get-secret-value ", "aws ssm get-parameter "])
      .concat(["security find-generic-password ", "security find-internet-password ", "secret-tool lookup "])
      .concat(["kubectl create token ", "wg genkey", "wg genpsk", "openssl rand ", "pwgen ", "apg ", "mkpasswd "])
      .concat(["aws ecr get-login-password", "doppler secrets get ", "infisical secrets get ", "chamber read "]),
    `(?:vault (?:kv get|read) ${rest}-field[= ]${rest}|(?:pass|gopass|lpass) show ${rest}|op read ${rest}|bw get (?:password|totp) ${rest}|gh auth token${rest}|az account get-access-token ${rest}|gcloud (?:auth print-(?:access|identity)-token|secrets versions access )${rest}|heroku auth:token|aws (?:secretsmanager get-secret-value|ssm get-parameter) ${rest}text|aws ecr get-login-password${rest}|security find-(?:generic|internet)-password ${rest}-w${rest}|secret-tool lookup ${rest}|kubectl create token ${rest}|wg gen(?:key|psk)|openssl rand ${rest}|(?:pwgen|apg|mkpasswd) ${rest}|(?:doppler|infisical) secrets get ${rest}--plain${rest}|chamber read ${rest})`,
    `[a-z]{2,9}[ :a-z-]{0,40}[^\\n\\\\]{0,200}`,
  ),
  // What a field of a secret is, as base64 that is decoded at once.
  reveals(
    ["kubectl get secret", "kubectl -n "],
    `kubectl ${rest}get secrets? ${rest}\\| ?base64 (?:-d|-D|--decode)(?: ?; ?echo)?`,
    `kubectl [^\\n\\\\]{0,200}`,
  ),
  reveals(["erlang.cookie"], "erlang\\.cookie", "erlang\\.cookie", {
    word: false,
    said: false,
    allow: /[^A-Z\d]/,
  }),
  // What was made just now.
  shape(
    "shown-secret",
    "credential",
    ["password", "passphrase", "secret", "token", "key", "credential"].flatMap((word) => [
      `${word}:`,
      `${word} (`,
      `${word} is`,
    ]),
    new RegExp(
      `${made}(?:${newline}){1,2}(?:[ \\t]|\\\\{1,8}t){1,12}${quote}([^\\s"'\`\\\\]{6,1024})${quote}(?=\\s|\\\\|$)`,
      "iy",
    ),
    {
      reach: "lines",
      value: "password",
      said: true,
      open: new RegExp(
        `${madeOpen}$|${made}(?:${newlineOpen}){1,2}(?:[ \\t]|\\\\{1,8}t){0,12}${quote}[^\\s"'\`\\\\]{0,1024}${quote}$`,
        "iy",
      ),
    },
  ),
  shape(
    "shown-secret",
    "credential",
    ["expected password ", "expected token ", "expected secret ", "expected api key ", "expected passphrase "].concat([
      "expected pin ",
      "expected key ",
      "expected credential ",
      "expected access token ",
    ]),
    /expected [a-z ]{3,14}(?:to (?:be|equal|match) )?\\{0,8}["'`][^\n"'`]{0,120}["'`],? (?:but )?(?:got|was|received|found|saw):? \\{0,8}["'`]?([^\s"'`\\]{6,1024})/iy,
    { word: true, reach: "line", value: "password", said: true, open: /expected [^\n]{0,400}$/iy },
  ),
  shape(
    "mapped-drive",
    "password",
    ["net use "],
    /net use (?:[A-Z*]: |\* )?\\{2,16}[^\s"']{1,160}(?: \/[a-z]{1,12}(?::[^\s"']{1,80})?){0,4} (?!\/|\*)\\{0,8}["']?([^\s"'\\]{4,128})/iy,
    { word: true, reach: "line", value: "password", open: /net use [^\n]{0,400}$/iy },
  ),
]

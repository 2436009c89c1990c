/** Passwords that no option names in full: behind a short option, a user or a verb, in a call, on standard input. */
import type { RedactionRule } from "../RedactionRule.ts"
import { notAValue, notRandom, shape, unlikePassword } from "./ruleForms.ts"

/** The digest of what a cache holds, behind names. */
const unlikeKey = new RegExp(`${notRandom.source}|^(?:[A-Za-z]\\w{0,11}[-_])+[0-9a-f]{32,64}$`)
const word = `[^\\s"'\`\\\\]`

export const loginRules: ReadonlyArray<RedactionRule> = [
  // What a short option means depends on the command, so that the value must look like a password by itself.
  shape(
    "short-option",
    "password",
    [" -p ", " -P ", " -pw ", " -pwd ", " -w ", " -k ", " -s ", " -a ", " -t ", " /p ", " /rp ", " -y "],
    / (?:-[pwksaty]|-pwd?|\/r?p) \\{0,8}["']?([^\s"'`\\]{8,256})/iy,
    { reach: "line", value: "password", said: true, allow: notRandom, open: / [-/]\w{1,3} \\{0,8}["']?\S{0,260}$/y },
  ),
  shape("here-string", "password", ["<<< "], /<<< \\{0,8}["']?([^\s"'`\\]{8,512})/y, {
    reach: "line",
    value: "password",
    said: true,
    allow: unlikePassword,
    open: /<<< \\{0,8}["']?\S{0,520}$/y,
  }),
  shape(
    "positional-password",
    "password",
    ["user ", "passwd ", "password ", "login ", "auth ", "oper ", "identify ", "unseal ", "apikey ", "obscure "].concat(
      ["http-basic.", "radtest ", "/user:", "logon ", "creds "],
    ),
    new RegExp(
      `(?:user|passwd|password|login|auth|oper|identify|unseal|apikey|obscure|http-basic\\.\\S{1,40}|radtest|/user:[\\w.@\\\\-]{1,80}|logon|creds)(?: (?!=)${word}{1,128}){1,3}`,
      "iy",
    ),
    {
      group: 0,
      each: new RegExp(`(?<=[\\s,])${word}{8,128}`, "g"),
      reach: "line",
      value: "password",
      said: true,
      allow: notRandom,
      open: /[\w./:@\\-]{4}[^\n"'`]{0,486}$/y,
    },
  ),
  shape(
    "login-call",
    "password",
    ["auth(", "auth=(", "auth = (", "credential(", "credentials(", "authentication(", "login(", "connect(", "logon("],
    /(?:auth|credentials?|authentication|login|logon|connect)(?: ?= ?)?\(\s{0,4}\\{0,8}["'][^"'\n\\()]{1,80}\\{0,8}["'],\s{0,4}\\{0,8}["']([^"'\n\\]{5,128})(?=\\{0,8}["'])/iy,
    { reach: "line", value: "password", open: /\w{4,14}(?: ?= ?)?\([^\n()]{0,260}$/iy },
  ),
  shape(
    "said-login",
    "password",
    [
      "credentials: ",
      "credentials are ",
      "credentials ",
      "creds: ",
      "creds are ",
      "creds ",
      "login ",
      "logins: ",
      "login with ",
      "log in with ",
      "log in as ",
      "login as ",
      "login: ",
      "sign in ",
      "wifi: ",
      "wi-fi: ",
      "wlan: ",
      "ftp: ",
      "sftp: ",
      "ssh: ",
      "vpn: ",
      "database: ",
      "db: ",
    ].concat([
      "zugangsdaten",
      "anmeldedaten",
      "identifiants",
      "credenciales",
      "credenciais",
      "credenziali",
      "inloggegevens",
    ]),
    /(?:credentials?|creds|account|log ?ins?|sign in|wi-?fi|wlan|s?ftp|ssh|vpn|database|db|zugangsdaten|anmeldedaten|identifiants ?|credenciales|credenciais|credenziali|inloggegevens)(?:: | (?:with|as|using|are|is)? ?)\\{0,8}["'`]?[\w.@+-]{1,64}["'`]? ?(?:\/|:|,|and|with|\|) ?["'`]?([^\s"'`\\,;]{6,128})/iy,
    { reach: "line", value: "password", said: true, allow: unlikePassword, open: /[a-z :-]{4}[^\n]{0,231}$/iy },
  ),
  shape("registry-value", "password", ["/t reg_sz"], /\/t REG_\w{1,12} \/d \\{0,8}["']?([^\s"'`\\]{8,256})/iy, {
    reach: "line",
    value: "password",
    said: true,
    allow: notRandom,
    open: /\/t REG_\w{1,12}[^\n]{0,280}$/iy,
  }),
  shape(
    "echoed-password",
    "password",
    ["(echo ", "(printf "],
    /\((?:echo|printf) (?:-\w )?\\{0,8}["']?([^\s"'`\\)]{8,256})/y,
    {
      reach: "line",
      value: "password",
      said: true,
      allow: notRandom,
      open: /\((?:echo|printf) \S{0,270}$/y,
    },
  ),
  // What may be anything is a secret only if it is long and nothing but random.
  shape(
    "plain-name",
    "token",
    [
      "key ",
      "key: ",
      "key=",
      "access: ",
      "access=",
      "refresh: ",
      "refresh=",
      "tok: ",
      "tok=",
      "sess=",
      "sess: ",
    ].concat(["license: ", "licence: ", "serial: ", "encrypt: ", "encrypt="]),
    /(?<!(?:publi(?:c|shable)[\w-]{0,24}|site)[ _-]?)(?:key|access|refresh|tok|sess|licen[sc]e|serial|encrypt)(?:: ?|[ =])([\w+=-]{30,512})(?![\w./:-])/iy,
    {
      word: true,
      reach: "line",
      value: "token",
      said: true,
      entropy: 4.2,
      allow: unlikeKey,
      open: /\w{3,8}(?:: ?|[ =])[\w+=-]{0,512}$/iy,
    },
  ),
  shape(
    "named-header",
    "header",
    ["x-"],
    /x-[\w-]{1,40}-(?:key|auth|code|pass|credential|signature|sig|session|sid|jwt|team|secret|hmac|digest|assertion|ticket|cookie)(?:-\w{1,8})?\\{0,8}["']?[ ]?[:=][ ]?\\{0,8}["'`]?(?:[a-z\d]{2,10}=)?([\w.~+/=-]{16,512})/iy,
    {
      word: true,
      reach: "line",
      value: "token",
      entropy: 3,
      open: /x-[\w-]{1,60}\\{0,8}["']?[ ]?(?:[:=][ ]?\\{0,8}["'`]?[\w.~+/=-]{0,512})?$/iy,
    },
  ),
  // Whose key it is, as people say it.
  shape(
    "said-key",
    "key",
    ["key for ", "key to "],
    /key (?:for|to) [\w .'&@-]{1,48}?(?: is|:| =) {1,2}\\{0,8}["'`]?([^\s"'`\\,;<>()[\]{}]{8,256})/iy,
    {
      word: true,
      reach: "line",
      value: "password",
      said: true,
      allow: unlikePassword,
      open: /key (?:for|to) [^\n,;<>()[\]{}]{0,330}$/iy,
    },
  ),
  shape("dsn-password", "url", ["tcp(", "unix("], /(?<=@)(?:tcp|unix)\(/y, {
    before: /(?<=[\w.-]:)[^\s:@/"'`]{4,36}@?$/,
  }),
  shape("key-option", "token", [" --key ", " --key="], / --key[ =]\\{0,8}["']?([\w+/=.-]{20,512})/y, {
    reach: "line",
    value: "token",
    said: true,
    entropy: 3.5,
    allow: notAValue,
    open: / --key[ =]\\{0,8}["']?[\w+/=.-]{0,512}$/y,
  }),
]

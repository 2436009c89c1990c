/** Passwords in files of their own syntax: of mail and directory servers, of networks, of devices, of tables of users. */
import type { RedactionRule } from "../RedactionRule.ts"
import { notAValue, shape, unlikePassword } from "./ruleForms.ts"

/** A line end, and what a mail, a list, a diff or a log puts before the next line. */
const nextLine =
  "[ \\t]{0,4}(?:\\r?\\n|\\\\{1,8}(?:r\\\\{1,8})?n)(?:(?:>{1,4}|[*+|#-]|\\d{1,6}[.):\\t\u2192]|[\\w-]{1,24} {1,4}\\|) ?)?(?:[ \\t]|\\\\{1,8}t){0,24}"

export const fileRules: ReadonlyArray<RedactionRule> = [
  shape(
    "plain-scheme",
    "password",
    ["{plain}", "{clear}", "{cleartext}", "{plain-"],
    /\{(?:PLAIN|CLEAR|CLEARTEXT|PLAIN-TRUNC)\}([^\s:"'`\\]{4,256})/iy,
  ),
  shape("directory-password", "password", ["userpassword:: ", "olcrootpw:: "], /\w{9,12}:: ([\w+/]{8,512}={0,2})/iy),
  shape(
    "shared-network-key",
    "password",
    [": PSK ", ": EAP ", ": XAUTH ", ": NTLM ", ": PIN "],
    /: (?:PSK|EAP|XAUTH|NTLM|PIN) \\{0,8}["']?([^\s"'`\\]{4,256})/y,
    { reach: "line", allow: notAValue },
  ),
  shape(
    "dial-in-secret",
    "password",
    ['" * "', " l2tpd ", " pptpd ", '" l2tpd "', '" pptpd "'],
    /(?:" \* "|"? (?:l2tpd|pptpd)"? \\{0,8}"?)([^\s"'\\*]{4,256})/y,
    { reach: "line", allow: notAValue },
  ),
  shape("wireless-code", "password", ["wifi:"], /WIFI:[^\n"]{0,120}?;?P:([^;\n"\\]{4,128});/iy, {
    reach: "line",
    open: /WIFI:[^\n"]{0,260}$/iy,
  }),
  shape("migrated-otp", "token", ["otpauth-migration:"], /otpauth-migration:\/\/offline\?data=([\w%+/=-]{16,2048})/iy),
  shape(
    "relay-login",
    "password",
    [":587 ", ":465 ", ":25 ", ":2525 "],
    /(?<=\]):\d{2,5} {1,4}[^\s:]{1,128}:([^\s"'\\]{4,256})/y,
    {
      reach: "line",
      allow: notAValue,
    },
  ),
  shape("relay-login", "password", ["static:"], /static:[^\s:"']{1,128}:([^\s"'\\:]{4,256})/y, {
    word: true,
    value: "password",
  }),
  shape(
    "device-password",
    "password",
    [
      "isakmp key ",
      "radius-server ",
      "tacacs-server ",
      "message-digest-key ",
      "key-string ",
      "ascii-text ",
      "authentication-key ",
    ],
    /(?:isakmp key|(?:radius|tacacs)-server [^\n"']{0,60}?key|message-digest-key \d{1,3} md5|key-string|ascii-text|authentication-key)(?: [05789])? \\{0,8}"?([^\s"'`\\]{4,128})/iy,
    { reach: "line", allow: notAValue, open: /[a-z-]{6,20} [^\n"']{0,160}$/iy },
  ),
  shape(
    "store-user",
    "password",
    ["setuser ", "user default "],
    /(?:setuser \S{1,64}|user default)[^\n>]{0,80}? >([^\s"'\\]{4,256})/iy,
    { reach: "line", open: /(?:setuser|user default) [^\n]{0,400}$/iy },
  ),
  shape(
    "plain-data-key",
    "key",
    ['"plaintext'],
    /"plaintext\\{0,8}"\s{0,2}:\s{0,2}\\{0,8}"([\w+/]{40,1024}={0,2})(?=\\{0,8}")/iy,
    {
      reach: "line",
      value: "token",
      entropy: 3.8,
      open: /"plaintext[\\": ]{0,24}[\w+/=]{0,1024}$/iy,
    },
  ),
  shape(
    "sql-password",
    "password",
    ["identified "],
    /identified (?:with \w{1,40} )?by (?:password )?(?!password\b|values\b|externally\b)\\{0,8}["']{0,2}([^\s"'`\\;,()]{4,256})/iy,
    { reach: "line", value: "password", allow: notAValue, open: /identified [^\n]{0,340}$/iy },
  ),
  shape(
    "user-list",
    "password",
    ["chpasswd"],
    new RegExp(
      `chpasswd:?[^\\n"'\\\\]{0,24}(?:${nextLine}(?:- )?(?:list|users|expire|type|name)(?![\\w-])[^\\n"'\\\\]{0,32}){0,4}((?:${nextLine}(?:- )?[a-z_][\\w.-]{0,31}:[^\\s"'\\\\]{4,128}){1,16})`,
      "y",
    ),
    {
      each: /(?<=(?<![\w.-])[a-z_][\w.-]{0,31}:)[^\s"'`\\:]{4,128}/g,
      value: "password",
      reach: "lines",
      open: /chpasswd:?[^\n"'\\]{0,24}(?:(?:\r?\n|\\{1,8}n)[^\n"'\\]{0,160}){0,20}\\{0,8}$/y,
    },
  ),
  shape(
    "device-password",
    "password",
    ["createuser "],
    /createuser \S{1,64} (?:md5|sha[-\d]{0,5}) \\{0,8}"?([^\s"'\\]{6,64}\\{0,8}"?(?: (?:aes|des)[-\d]{0,4} \\{0,8}"?[^\s"'\\]{6,64})?)/iy,
    { each: /(?<=^|[ "](?=\S{6}))(?!(?:aes|des)[-\d]{0,4}(?: |$))[^\s"'\\]{6,64}/gi, reach: "line", value: "password" },
  ),
  shape(
    "device-password",
    "password",
    ["community ", "rocommunity ", "rwcommunity ", "rocommunity6 "],
    /(?:r[ow])?community6? ([^\s"'`\\;:,]{6,64})(?=\s|\\|["']|$)/y,
    {
      word: true,
      reach: "line",
      value: "password",
      said: true,
      open: /(?:r[ow])?community6? [^\s"'`\\;:,]{0,64}$/y,
    },
  ),
  shape("wireless-key", "password", ["option key "], /option key \\{0,8}["']([^\s"'`\\]{8,64})(?=\\{0,8}["'])/y, {
    reach: "line",
    value: "password",
    said: true,
    allow: unlikePassword,
    open: /option key \\{0,8}(?:["'][^\s"'`\\]{0,64}\\{0,8})?$/y,
  }),
  shape(
    "wireless-key",
    "password",
    ["dev wifi connect "],
    /dev wifi connect [^\n]{1,64} password \\{0,8}["']?([^\s"'`\\]{8,64})/y,
    {
      reach: "line",
      open: /dev wifi connect [^\n]{0,160}$/y,
    },
  ),
  shape("wireless-key", "password", ["iwconfig "], /iwconfig \S{1,16} [^\n]{0,60}?key (?:s:)?([\w!#%*^~-]{8,64})/y, {
    reach: "line",
    value: "password",
  }),
  shape(
    "wifi-password",
    "password",
    ["wpa_passphrase ", "wifi.begin("],
    /(?:wpa_passphrase \S{1,64} |WiFi\.begin\(\\{0,8}"[^"\n\\]{1,64}\\{0,8}", ?)\\{0,8}["']?([^\s"'`\\)]{8,64})/iy,
    { reach: "line", allow: notAValue, open: /(?:wpa_passphrase|wifi\.begin\()[^\n]{0,160}$/iy },
  ),
]

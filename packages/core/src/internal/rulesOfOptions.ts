/** Passwords that stand behind an option of a command, by the commands that have it. */
import type { RedactionRule } from "../RedactionRule.ts"
import { notAValue, shape } from "./ruleForms.ts"

/** All that follows the commands, up to the end of the line or the next command, is looked through for these options. */
const options = (id: string, commands: ReadonlyArray<string>, letters: string): RedactionRule => {
  const names = commands.map((command) => command.trimEnd()).join("|")
  return shape(id, "password", commands, new RegExp(`(?:${names})(?: |[\\w-]{1,12} )([^\\n\`|;]{4,400})`, "y"), {
    reach: "line",
    each: new RegExp(`(?<=(?:^|[\\s"'])-(?:${letters})[ =]?\\\\{0,8}["']?)(?![-\\s"'$])[^\\s"'\`\\\\]{4,256}`, "g"),
    value: "password",
    open: new RegExp(`(?:${names})(?: |[\\w-]{1,12} )[^\\n\`|;]{0,160}$`, "y"),
  })
}

export const optionRules: ReadonlyArray<RedactionRule> = [
  options("zip-option", ["zip "], "P"),
  options("login-option", ["ipmitool ", "mosquitto_", "bcp ", "ssh-keygen "], "P|N"),
  options(
    "login-option",
    ["cqlsh ", "rdesktop ", "keepassxc-cli ", "snowsql ", "evil-winrm ", "crackmapexec ", "netexec "],
    "p",
  ),
  options("snmp-option", ["snmpwalk ", "snmpget ", "snmpset ", "snmpbulk"], "A|X|c"),
  options("openssl-option", ["openssl enc "], "k|K|pass"),
  shape("rdp-option", "password", [" /p:"], / \/p:\\{0,8}["']?([^\s"'`\\]{4,256})/y, {
    value: "password",
    reach: "line",
  }),
  shape(
    "user-option",
    "password",
    ["http -a ", "https -a ", "--proxy-user ", "--proxy-user="],
    /(?:https? -a|--proxy-user)[ =]\\{0,8}["']?[^\s:"'/\\]{1,128}:([^\s"'`/\\]{4,512})/y,
    { reach: "line", value: "password", open: /(?:https? -a|--proxy-user)[ =]\\{0,8}["']?\S{0,700}$/y },
  ),
  shape(
    "user-option",
    "password",
    ["lftp "],
    /lftp [^\n|;]{0,120}?-u \\{0,8}["']?[^\s,"']{1,64},([^\s"'`\\]{4,256})/y,
    { reach: "line", allow: notAValue, open: /lftp [^\n|;]{0,480}$/y },
  ),
  shape(
    "oracle-login",
    "password",
    ["sqlplus ", "impdp ", "expdp ", "sqlldr ", "rman target ", "sqlcl ", "thin:"],
    /(?:(?:sqlplus|sqlcl|impdp|expdp|sqlldr|rman target) (?:-\w{1,8} |userid=){0,3}|thin:)\\{0,8}["']?[\w$]{1,64}\/([^\s@"'/\\]{3,128})@/y,
    {
      reach: "line",
      allow: notAValue,
      open: /(?:(?:sqlplus|sqlcl|impdp|expdp|sqlldr|rman target) (?:-\w{1,8} |userid=){0,3}|thin:)\S{0,200}$/y,
    },
  ),
  shape(
    "piped-password",
    "password",
    ["echo ", "printf "],
    /(?:echo|printf) (?:-\w{1,3} )?\\{0,8}["']?(?:[\w.-]{1,64}:)?([^\s"'`\\:|]{4,256})(?:\\n)?\\{0,8}["']? {0,2}\| {0,2}(?:sudo )?(?:-S\b|chpasswd|passwd --stdin|sudo -S|[\w./-]{1,40} [^\n|;]{0,120}?--password-stdin|[\w./-]{1,40} [^\n|;]{0,60}?-S\b)/y,
    {
      word: true,
      reach: "line",
      allow: notAValue,
      open: /(?:echo|printf) (?:-\w{1,3} )?\\{0,8}["']?[^\s"'`|]{0,320}["']? {0,2}(?:\|[^\n|;]{0,160})?$/y,
    },
  ),
  shape(
    "secret-set",
    "token",
    ["secret set "],
    /secret set [^\n|;]{1,120}?(?:--body|-b)[ =]\\{0,8}["']?([^\s"'`\\]{6,512})/y,
    {
      reach: "line",
      allow: notAValue,
      open: /secret set [^\n|;]{0,700}$/y,
    },
  ),
  shape("mask-command", "token", ["::add-mask::"], /::add-mask::([^\s"'`\\]{4,512})/y, { allow: notAValue }),
  shape(
    "wifi-password",
    "password",
    ["wpa_passphrase ", "wifi.begin("],
    /(?:wpa_passphrase \S{1,64} |WiFi\.begin\(\\{0,8}"[^"\n\\]{1,64}\\{0,8}", ?)\\{0,8}["']?([^\s"'`\\)]{8,64})/iy,
    { reach: "line", allow: notAValue, open: /(?:wpa_passphrase|wifi\.begin\()[^\n]{0,160}$/iy },
  ),
  shape("mount-login", "password", ["net use "], /net use \S{1,64} \S{1,200} ([^\s"'/\\*]{4,128})(?= )/iy, {
    reach: "line",
    value: "password",
    open: /net use [^\n]{0,400}$/iy,
  }),
  shape(
    "vault-login",
    "password",
    ["bw login ", "mc alias set "],
    /(?:bw login [\w.+-]{1,64}@[\w.-]{1,128}|mc alias set \S{1,64} \S{1,200} \S{1,128}) \\{0,8}["']?([^\s"'`\\-][^\s"'`\\]{5,255})/y,
    {
      reach: "line",
      allow: notAValue,
      open: /(?:bw login|mc alias set) [^\n]{0,700}$/y,
    },
  ),
  shape(
    "protocol-login",
    "password",
    ["PASS ", "AUTH "],
    /(?:PASS|AUTH(?: (?:PLAIN|LOGIN))?) :?([^\s"'`\\]{6,512})(?=\s|\\|["']|$)/y,
    {
      word: true,
      reach: "line",
      value: "password",
      said: true,
      open: /(?:PASS|AUTH(?: (?:PLAIN|LOGIN))?) :?[^\s"'`\\]{0,512}$/y,
    },
  ),
  shape(
    "protocol-login",
    "password",
    [" LOGIN "],
    / LOGIN \\{0,8}"?[\w.@+-]{1,128}\\{0,8}"? \\{0,8}"?([^\s"'`\\]{6,256})/y,
    {
      reach: "line",
      value: "password",
      said: true,
      open: / LOGIN [^\n]{0,440}$/y,
    },
  ),
  shape("typed-password", "password", ['send "', 'send -- "'], /send (?:-- )?\\{0,8}"([^\s"\\]{6,128})\\{1,8}[rn]/y, {
    reach: "line",
    value: "password",
    said: true,
    open: /send (?:-- )?\\{0,8}"[^\s"\\]{0,128}\\{0,8}$/y,
  }),
  shape("device-password", "password", ["community "], /community ([^\s"'`\\;:,]{6,64})(?=\s|$)/y, {
    word: true,
    reach: "line",
    value: "password",
    said: true,
    open: /community [^\s"'`\\;:,]{0,64}$/y,
  }),
]

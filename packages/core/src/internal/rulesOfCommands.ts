/** Passwords and tokens as commands and their files take them. */
import type { RedactionRule } from "../RedactionRule.ts"
import { notAValue, shape } from "./ruleForms.ts"

/** Words of options, and numbers of ports. */
const unlikeOption =
  /^(?:[a-z-]+|[A-Z][a-z]+|[A-Z]+)$|^\d+(?::\d+)*$|^[a-z]+(?:[_-][a-z]+)*\d?[,;.)\]}]*$|^kcs11|^[|(]|^[a-z\d]*\(|^[^!#%*^~?&+@]*\./

export const commandRules: ReadonlyArray<RedactionRule> = [
  shape(
    "user-option",
    "password",
    [" -u ", "--user ", "--user=", '"-u', "'-u", '--user"', "--user'", "--user\\"],
    /(?: -u|["']-u|--user)(?:[ =]|\\{0,8}["'],?\s{0,8}\\{0,8}["'])\\{0,32}["']?[^\s:"'/\\]{1,128}:([^\s"'`/\\]{4,512})/y,
    {
      reach: "line",
      value: "password",
      open: /(?: -u|["']-u|--user)[ =\\"',][\\"',]{0,20}\s{0,8}[\\"']{0,20}[^\s"'\\]{0,660}$/y,
    },
  ),
  shape("mysql-option", "password", [" -p"], / -p\\{0,32}["']?([^\s"'`\\/:=]{6,128})(?=[\s"'`\\]|$)/y, {
    reach: "line",
    value: "password",
    open: / -p\S{0,180}$/y,
    allow: unlikeOption,
  }),
  shape("mysql-option", "password", [" -p"], / -p\\{0,32}["']([^"'\\\n]{6,128})(?=\\{0,32}["'])/y, {
    reach: "line",
    value: "password",
    open: / -p\S{0,180}$/y,
    allow: unlikeOption,
  }),
  shape("mysql-option", "password", ['"-p', "'-p"], /["']-p([^\s"'`\\/:=]{6,128})(?=\\{0,8}["'])/y, {
    value: "password",
    allow: unlikeOption,
  }),
  shape(
    "listed-option",
    "password",
    [
      'sshpass"',
      "sshpass'",
      "sshpass\\",
      'redis-cli"',
      "redis-cli'",
      "redis-cli\\",
      'ldapsearch"',
      "ldapsearch'",
      "ldapsearch\\",
    ],
    /(?:sshpass|redis-cli|ldapsearch)\\{0,8}["'][^\n[\]{}]{0,200}?["']-[paw]\\{0,8}["'],?\s{0,8}\\{0,8}["']([^\s"'`\\]{4,256})/y,
    { reach: "line", allow: notAValue, open: /[a-z-]{7,10}\\{0,8}["'][^\n[\]{}]{0,480}$/y },
  ),
  shape(
    "root-password",
    "password",
    ["rootpw "],
    /rootpw (?:--[a-z]{2,12} ){0,2}\\{0,8}["']?(?!-)([^\s"'`\\]{4,256})/y,
    { word: true, reach: "line", value: "password", open: /rootpw (?:--?[a-z]{0,12} ){0,2}\S{0,260}$/y },
  ),
  shape("sshpass-option", "password", ["sshpass -p"], /sshpass -p[ ]?\\{0,32}["']?([^\s"'`\\]{4,256})/y, {
    reach: "line",
    allow: /^\$/,
    open: /sshpass -p[ ]?\S{0,320}$/y,
  }),
  shape("netrc", "password", ["login "], /login {1,4}\S{1,64}[ \t]{1,4}password[ \t]{1,4}([^\s"'`\\]{4,256})/y, {
    reach: "line",
    allow:
      /^(?:[$<{[(]|(?:requests?|when|doesn|that|changing|for|from|prompts?|dialogs?|fields?|reset|policy|policies|hash(?:es)?|file|files|is|was|and|with|which|must|should|will)\b)/,
    open: /login {1,4}\S{0,64}(?:$|[ \t]{1,4}(?:$|p\S{0,8}(?:$|[ \t]{1,4}\S{0,256}$)))/y,
  }),
  shape(
    "pgpass",
    "password",
    [":5432:", ":3306:", ":6432:", ":1433:", ":27017:", ":*:"],
    /:(?:\d{4,5}|\*):[\w*.-]{1,64}:[\w*.-]{1,64}:([^\s"'`\\]{4,256})/y,
    {
      value: "password",
    },
  ),
  shape(
    "redis-option",
    "password",
    ["redis-cli "],
    /redis-cli [^\n"'`|;\\]{0,200}?(?:-a|--pass) \\{0,8}["']?([^\s"'`\\]{4,256})/y,
    {
      reach: "line",
      allow: notAValue,
    },
  ),
  shape(
    "redis-config",
    "password",
    ["requirepass ", "masterauth "],
    /(?:requirepass|masterauth) {1,4}\\{0,8}["']?([^\s"'`\\]{4,256})/y,
    {
      reach: "line",
      allow: notAValue,
    },
  ),
  shape(
    "login-option",
    "password",
    [" login ", "mongosh ", "mongo ", "mongodump ", "sqlcmd "],
    /(?: login|mongosh|mongo|mongodump|sqlcmd) [^\n"'`|;\\]{0,200}?-[pP] \\{0,8}["']?([^\s"'`\\]{4,256})/y,
    { reach: "line", value: "password" },
  ),
  shape(
    "ldap-option",
    "password",
    ["ldap"],
    /ldap(?:search|modify|add|delete|passwd|whoami) [^\n`|;]{0,200}?-w {0,1}\\{0,8}["']?([^\s"'`\\]{4,256})/y,
    {
      reach: "line",
      allow: notAValue,
    },
  ),
  shape("smb-option", "password", [" -U "], / -U \\{0,8}["']?[\w.\\/@-]{1,64}%([^\s"'`\\]{4,256})/y, {
    reach: "line",
    allow: notAValue,
  }),
  shape(
    "htpasswd-option",
    "password",
    ["htpasswd "],
    /htpasswd -\w{0,4}b\w{0,4}(?: [^\s"'`\\]{1,128}){1,2} \\{0,8}["']?([^\s"'`\\]{4,256})/y,
    {
      reach: "line",
      allow: notAValue,
    },
  ),
  shape("openssl-option", "password", ["pass:"], /(?<![\w-])pass:(?![/:*!])([^\s"'`\\]{4,256})/y, {
    value: "password",
    allow: /[,{]\w{1,24}:|\{|<\//,
  }),
  shape(
    "sql-password",
    "password",
    ["identified by ", "password for "],
    /(?:identified by (?:password )?|password for [^=\n;<>"]{1,80}= ?(?:password\()?)\\{0,8}["'](?![a-z]+["'] (?!default\b|require\b|account\b|password\b|quota\b|profile\b|with\b|replace\b|and\b)[a-z])([^"'\n\\]{4,256})/iy,
    {
      reach: "line",
      allow: notAValue,
    },
  ),
  shape(
    "env-instruction",
    "credential",
    ["env "],
    /ENV [A-Z\d_]{0,40}(?:PASSWORD|PASSWD|PASS|SECRET|TOKEN|KEY|CREDENTIALS?)[A-Z\d_]{0,20} ([^\s"'`\\]{6,1024})/y,
    {
      reach: "line",
      value: "token",
      open: /ENV [A-Z\d_]{0,80}(?:$| \S{0,1024}$)/y,
    },
  ),
  shape(
    "secure-string",
    "password",
    ["convertto-securestring "],
    /ConvertTo-SecureString (?:-String |-AsPlainText |-Force ){0,3}\\{0,8}["']([^"'\n\\]{4,256})/iy,
    {
      reach: "line",
      allow: notAValue,
      open: /ConvertTo-SecureString [^"'\n]{0,40}\\{0,8}(?:["'][^"'\n\\]{0,256})?$/iy,
    },
  ),
  shape(
    "device-password",
    "password",
    ["password ", "secret ", "key ", "md5 "],
    /(?:password|secret|key|md5) (?:encrypted |level \d{1,2} )?[05789] (?!(?<=key \d )[a-z]+[.,;]?(?:\s|$)|\()([^\s"'`\\]{6,256})/y,
    { word: true, reach: "line", open: /\w{3,8} (?:encrypted |level \d{1,2} )?(?:\d(?: [^\s"'`\\]{0,256})?)?$/y },
  ),
  shape(
    "login-token",
    "token",
    [" login ", " auth ", " authenticate ", " set-token ", " activate "],
    / (?:login|auth|authenticate|set-token|activate)(?: (?:--?[a-z][\w-]{0,24}|login|token|set)){0,4} ([\w.-]{24,512})(?![\w./:-])/y,
    {
      reach: "line",
      value: "token",
      entropy: 3,
      open: / \w{4,12}(?: (?:--?[a-z][\w-]{0,24}|login|token|set)){0,4}(?:$| [\w.-]{0,512}$)/y,
    },
  ),
  shape(
    "printed-file",
    "credential",
    ["cat "],
    /cat [^\n|;&"'\\]{0,120}?(?:key|token|secret|passw(?:or)?d|passwd|credentials?|\.pass)(?:\.\w{1,5})?[ \t]{0,4}(?:\r?\n|\\{1,8}(?:r\\{1,8})?n)(?:[^\S\n]|\\t){0,16}(?:\d{1,6}[:\t ][ \t]{0,4}|[\w./-]{1,60}:\d{1,6}:|[\w-]{1,20} {1,3}\| |[|+-][ ]?|\d{4}-[\dT:.,Z+-]{8,30} [^\n]{0,40}\] )?([\w.~+/=-]{16,512})(?=\s|\\|["']|$)/y,
    {
      word: true,
      value: "token",
      entropy: 3,
      reach: "lines",
      open: /cat [^\n|;&"'\\]{0,140}(?:\r|(?:\r?\n|\\)[^\n]{0,700})?$/y,
    },
  ),
  shape(
    "printed-password",
    "password",
    ["password to ", "password for ", "password:"],
    /password(?: (?:to|for) [^\n":]{1,80})?:[ *]{0,8}(?:(?:\r?\n|\\{1,8}(?:r\\{1,8})?n)(?:[^\S\n]|\\t){0,16}(?:\d{1,6}[:\t ][ \t]{0,4}|[\w./-]{1,60}:\d{1,6}:|[\w-]{1,20} {1,3}\| |[|+-][ ]?|\d{4}-[\dT:.,Z+-]{8,30} [^\n]{0,40}\] )?){1,3}([^\s"'`\\:;,(){}<>]{12,128})(?=\s|\\|["']|$)/iy,
    {
      value: "token",
      entropy: 3,
      reach: "lines",
      open: /password(?: (?:to|for) [^\n":]{0,80})?(?:$|:[ *]{0,8}(?:$|[\\\r\n][^"']{0,400}$))/iy,
    },
  ),
  shape(
    "generated-password",
    "password",
    ["random_password"],
    /random_password[^\n]{0,400}?\bresult\\{0,8}"\s{0,4}:\s{0,4}\\{0,8}"([^"\\\n]{6,256})/y,
    { reach: "line", open: /random_password[^\n]{0,700}$/y },
  ),
  shape(
    "inserted-password",
    "password",
    ["insert into "],
    /insert into [^\n(]{1,80}\([^)\n]{0,200}(?:passw|secret|token|api_?key)[^)\n]{0,100}\)\s{0,4}values\s{0,4}\(([^\n]{4,400})/iy,
    {
      reach: "line",
      each: /(?<=['"])[^'"\\\n]{6,128}(?=\\{0,8}['"])/g,
      value: "password",
      said: true,
      allow: /^[\w.+-]+@[\w.-]+\.\w+$|^\d{4}-\d\d/,
      open: /insert into [^\n]{0,800}$/iy,
    },
  ),
]

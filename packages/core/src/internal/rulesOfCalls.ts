/** Secrets among the arguments of a call: behind a login, as the key of a signature, as what opens a wallet or a store. */
import type { RedactionRule } from "../RedactionRule.ts"
import { shape } from "./ruleForms.ts"

const quote = `\\\\{0,8}["'\`]`
/** Names of algorithms and of modes. */
const algorithm =
  /^(?:[A-Za-z]{2,8}[-_]?\d{1,4}(?:[A-Z]{1,4}|[a-z]{1,4}|[-_][-_\w]{1,12})?|[a-z]{2,6}-\d{2,4}-[a-z]{3})$/

/** Each quoted text that is a secret by itself, among the arguments of one of these calls. */
const calls = (
  id: string,
  names: ReadonlyArray<string>,
  each: RegExp,
  more: Partial<RedactionRule> = {},
): RedactionRule =>
  shape(
    id,
    "password",
    names.map((name) => `${name}(`),
    new RegExp(
      `(?:${names.map((name) => name.replace(/[.$]/g, "\\$&")).join("|")})\\(([^\\n]{4,400}?)(?=\\)[;,.)\\s]|\\)?$|\\n)`,
      "iy",
    ),
    {
      reach: "line",
      value: "password",
      said: true,
      allow: algorithm,
      each,
      open: new RegExp(`[\\w.$]{3,32}\\([^\\n]{0,400}$`, "y"),
      ...more,
    },
  )

const argument = new RegExp(`(?<=(?:^|[,([] ?)[bfr]?${quote})[^\\s"'\`\\\\]{6,512}(?=${quote})`, "g")

export const callRules: ReadonlyArray<RedactionRule> = [
  calls(
    "login-call",
    ["mysqli", "mysqli_connect", "pdo", "connect", "getconnection", "connection", "pg_connect", "newclient"].concat(
      [
        "login",
        "logon",
        "authenticate",
        "auth.basic",
        "auth_password",
        "username_pw_set",
        "simple_bind",
        "simple_bind_s",
      ],
      [
        "create_user",
        "createuser",
        "plainauth",
        "basicauth",
        "basic_auth",
        "loginauth",
        "passwordauth",
        "digestauth",
        "ntlmauth",
      ],
      ["usernamepasswordcredential", "credentials", "basiccredentials", "newstaticcredentials", "networkcredential"],
    ),
    new RegExp(`(?<=${quote}, {0,2}${quote})[^\\s"'\`\\\\]{6,128}(?=${quote})`, "g"),
  ),
  calls(
    "signing-call",
    [
      "jwt.sign",
      "jwt.verify",
      "jwt.encode",
      "jwt.decode",
      "createhmac",
      "hmac.new",
      "hash_hmac",
      "fernet",
      "aes.encrypt",
      "aes.decrypt",
      "createcipheriv",
      "createdecipheriv",
      "secretkeyspec",
      "pgp_sym_encrypt",
      "pgp_sym_decrypt",
      "aes_encrypt",
      "aes_decrypt",
      "crypt",
      "stripe",
      "cookieparser",
      "cookiesession",
      "setsigningkey",
      "signwith",
      "wallet",
      "from_key",
      "privatekeytoaccount",
      "encodeforsigning",
      "pbekeyspec",
      "passwordprotection",
      "itsdangerous",
      "pbkdf2",
      "pbkdf2sync",
      "pbkdf2_hmac",
      "scrypt",
      "scryptsync",
      "load_key_and_certificates",
      "load_pem_private_key",
      "openssl_pkey_get_private",
      "twilio",
      "github",
      "telegrambot",
      "telegraf",
      "bot.run",
      "client.run",
      "client.login",
      "urlsafetimedserializer",
      "encryptbytes",
    ],
    argument,
  ),
  shape(
    "login-call",
    "password",
    ["basic_auth '", 'basic_auth "', "basic_auth \\"],
    /basic_auth \\{0,8}["'][^"'\n\\]{1,80}\\{0,8}["'], ?\\{0,8}["']([^"'\n\\]{5,128})(?=\\{0,8}["'])/iy,
    { reach: "line", value: "password", open: /basic_auth \\{0,8}["'][^\n]{0,240}$/iy },
  ),
  shape(
    "user-option",
    "password",
    ["userpwd"],
    /userpwd\\{0,8}["']? ?(?:,|=>|:|=) ?\\{0,8}["'][^\s:"'\\]{1,64}:([^\s"'\\]{4,256})/iy,
    {
      reach: "line",
      value: "password",
      open: /userpwd\\{0,8}["']? ?(?:[,:=]>? ?)?\\{0,8}(?:["'][^\s"'\\]{0,324}\\{0,8})?$/iy,
    },
  ),
  shape(
    "store-password",
    "password",
    ["load(", "getkey(", "loadkeystore("],
    /(?:(?<=\.)load|getkey|loadkeystore)\([^\n"]{0,80}(?:\\{0,8}"[^"\n]{1,60}"[^\n"]{0,20})?\\{0,8}"([^\s"\\]{4,128})\\{0,8}"\.toCharArray/iy,
    { reach: "line", value: "password" },
  ),
  // The accounts of a node for tests, and what unlocks them.
  shape(
    "wallet-key",
    "key",
    ["accounts: [", "accounts:[", "accounts = [", 'accounts": [', 'accounts":[', 'accounts\\": ['],
    /accounts\\{0,8}["']?\s{0,2}[:=]\s{0,2}\[([^\]\n]{64,2048})/y,
    {
      reach: "line",
      each: /(?<=["'`])(?:0x)?[0-9a-f]{64}(?=\\{0,8}["'`])/gi,
    },
  ),
  shape(
    "wallet-key",
    "key",
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => `(${digit}) 0x`),
    /\(\d\) (0x[0-9a-f]{64})(?!\w)/iy,
    { reach: "line" },
  ),
]

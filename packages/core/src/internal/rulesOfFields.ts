/** Names of fields that hold a credential, in the languages that programs are written in. */
import type { RedactionRule } from "../RedactionRule.ts"

const field = (id: string, value: "password" | "token", keywords: ReadonlyArray<string>): RedactionRule => ({
  id,
  category: value === "password" ? "password" : "credential",
  keywords,
  value,
})

/** Names of several words, in every way in which these are put together. */
const joined = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.flatMap((name) => ["_", "-", "", " ", "."].map((sign) => name.replaceAll(" ", sign)))

const keyOf = (words: ReadonlyArray<string>): ReadonlyArray<string> => joined(words.map((word) => `${word} key`))

const passwordsElsewhere: ReadonlyArray<string> = [
  ...joined(["mot de passe", "mots de passe", "kata sandi", "kata laluan", "mat khau", "palavra passe", "code secret"]),
  ..."passwort passwoerter kennwort losungswort contrasena contraseña contrasenya senha clave parola wachtwoord".split(
    " ",
  ),
  ..."adgangskode kodeord passord lösenord losenord loesenord salasana tunnussana hasło haslo heslo jelszó jelszo".split(
    " ",
  ),
  ..."şifre sifre parool slaptazodis slaptažodis lozinka geslo pasahitza lykilord nenosiri".split(" "),
  ..."пароль лозинка парола гасло κωδικός συνθηματικό סיסמה كلمة_السر كلمة_المرور पासवर्ड รหัสผ่าน".split(" "),
  ..."密码 密碼 口令 パスワード 暗証番号 비밀번호 암호 mật_khẩu".split(" "),
]
const secretsElsewhere: ReadonlyArray<string> = [
  ..."geheimnis geheim segreto secreto segredo hemlighet hemmelighet salaisuus tajemstvi tajemství sekret titok".split(
    " ",
  ),
  ..."секрет 密钥 秘密 シークレット 시크릿".split(" "),
]
const tokensElsewhere: ReadonlyArray<string> = [
  ..."jeton zugangstoken zugriffstoken zugangscode zugangsschluessel zugangsschlüssel zeton żeton".split(" "),
  ..."токен 令牌 トークン 토큰".split(" "),
]
const keysElsewhere: ReadonlyArray<string> = joined(
  [
    "cle clé clef clave chave chiave schluessel schlüssel sleutel nyckel nøkkel noegle nøgle klucz klíč klic kulcs anahtar avain cheie",
  ]
    .flatMap((words) => words.split(" "))
    .flatMap((word) =>
      [`${word} api`, `api ${word}`, `${word} acces`, `${word} acceso`, `${word} acesso`, `${word} secrete`].concat([
        `${word} secreta`,
        `${word} privada`,
        `${word} privee`,
        `${word} privata`,
        `geheim ${word}`,
      ]),
    ),
).concat("密钥 ключ_api api_ключ api密钥 apiキー api키".split(" "))

export const fieldRules: ReadonlyArray<RedactionRule> = [
  field("password", "password", [
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "pwd",
    "pass",
    "passcode",
    "psk",
    "passkey",
    "pin code",
    ...passwordsElsewhere,
  ]),
  field("secret", "token", [
    "secret",
    "secrets",
    "seed",
    "mnemonic",
    "totp",
    ...joined(["recovery code", "backup code", "password pepper", "key material", "connection string"]),
    ...secretsElsewhere,
  ]),
  field("token", "token", ["token", "jwt", "_pat", "-pat", ...tokensElsewhere]),
  field("credential", "token", ["credential", "credentials", "creds", "auth", "sharedaccesssignature"]),
  field("key", "token", keysElsewhere),
  field(
    "key",
    "token",
    keyOf([
      "api",
      "access",
      "private",
      "secret",
      "signing",
      "encryption",
      "master",
      "auth",
      "account",
      "shared",
      "session",
      "app",
      "hmac",
      "service",
      "admin",
      "client",
      "deploy",
      "license",
      "webhook",
      "storage",
      "subscription",
      "host",
      "primary",
      "security",
      "ssh",
      "cookie",
      "project",
      "integration",
      "preshared",
      "pre shared",
      "consumer",
      "developer",
      "functions",
      "user",
      "aes",
      "crypto",
      "jwt",
      "rsa",
      "sas",
      "token",
      "bot",
      "write",
      "read",
      "root",
      "sdk",
      "mobile",
      "server",
      "relay",
      "ingest",
      "ingestion",
      "event",
      "events",
      "personal",
      "team",
      "org",
      "organization",
      "tenant",
      "partner",
      "merchant",
      "vendor",
      "platform",
      "gateway",
      "agent",
      "cluster",
      "vault",
      "unseal",
      "recovery",
      "backup",
      "restore",
      "wallet",
      "vapid private",
      "activation",
      "provisioning",
      "licence",
      "registration",
      "invite",
      "upload",
      "admin api",
      "workspace",
      "environment",
      "signature",
      "management",
      "monitoring",
      "telemetry",
      "cipher",
      "crypt",
      "jwk",
      "tls",
      "ca",
      "origin ca",
    ]),
  ),
]

/** What passwords, secrets, tokens and keys are called in languages other than English, and as people spell these in ASCII. */

/** Names of several words, in every way in which these are put together. */
export const joined = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.flatMap((name) =>
    name.includes(" ") ? ["_", "-", "", " ", "."].map((sign) => name.replaceAll(" ", sign)) : [name],
  )

const wordsOf = (...lines: ReadonlyArray<string>): ReadonlyArray<string> => lines.flatMap((line) => line.split(" "))

/** Letters may be written as a base and its marks. */
const everyForm = (names: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set(names.flatMap((name) => [name, name.normalize("NFD")])),
]

export const passwordsElsewhere: ReadonlyArray<string> = everyForm([
  ...joined([
    "mot de passe",
    "mots de passe",
    "mot passe",
    "phrase de passe",
    "phrase secrete",
    "code secret",
    "code acces",
    "codigo de acceso",
    "codigo de acesso",
    "codigo secreto",
    "palavra passe",
    "palabra de paso",
    "parola d'ordine",
    "codice segreto",
    "codice di accesso",
    "kata sandi",
    "sandi",
    "kata laluan",
    "kata kunci",
    "mat khau",
    "mật khẩu",
    "құпия сөз",
    "رمز عبور",
    "کلمه عبور",
    "كلمة المرور",
    "كلمة السر",
    "الرقم السري",
    "پاس ورڈ",
    "गुप्त शब्द",
  ]),
  // German, French, Spanish, Portuguese, Italian, Romanian, Catalan, Galician
  ...wordsOf(
    "passwort passwörter passwoerter kennwort kennwörter losungswort codewort zugangscode zugangswort geheimzahl",
    "contraseña contraseñas contrasena contrasenas contrasenia contrasenya contrasinal clave claves senha senhas",
    "parola parolă parole",
  ),
  // Dutch, Swedish, Norwegian, Danish, Finnish, Icelandic, Estonian
  ...wordsOf(
    "wachtwoord wachtwoorden wachtzin toegangscode wagwoord lösenord losenord loesenord lösenordet lösenfras passord",
    "passordet adgangskode adgangskoden adgangsord kodeord kodeordet salasana salasanat tunnussana tunnusluku salalause",
    "lykilorð lykilord parool salasõna salasona",
  ),
  // Polish, Czech, Slovak, Hungarian, Slavic languages of the south, Baltic languages, Turkish, Albanian, Basque
  ...wordsOf(
    "hasło haslo hasła hasla heslo hesla jelszó jelszo jelszava jelmondat lozinka lozinke zaporka šifra sifra geslo",
    "slaptažodis slaptazodis şifre sifre şİfre şifresi sifresi şifreniz sifreniz parolanız parolaniz parolam şifrem parolası parolasi fjalëkalimi fjalekalimi pasahitza",
  ),
  // Russian, Ukrainian, Bulgarian, Macedonian, Greek, and their spellings in Latin letters
  ...wordsOf(
    "пароль пароля паролем пароли паролі парола лозинка гасло шифр parol parolya parol' paroli gaslo",
    "κωδικός κωδικος συνθηματικό συνθηματικο kodikos kwdikos synthimatiko sinthimatiko",
  ),
  ...wordsOf("סיסמה סיסמא كلمة_السر كلمة_المرور گذرواژه पासवर्ड कूटशब्द পাসওয়ার্ড รหัสผ่าน პაროლი գաղտնաբառ nenosiri"),
  // Chinese, Japanese, Korean, Vietnamese, and their spellings in Latin letters
  ...wordsOf(
    "密码 密碼 口令 暗号 暗證碼 パスワード ﾊﾟｽﾜｰﾄﾞ パスフレーズ パスコード 暗証番号 合言葉 비밀번호 암호 패스워드 비번 mima kouling",
    "pasuwado pasuwaado pasuwādo anshobango ansho_bango aikotoba bimilbeonho bimil_beonho amho matkhau",
  ),
])

export const secretsElsewhere: ReadonlyArray<string> = everyForm([
  ...joined(["bi mat", "bí mật"]),
  ...wordsOf(
    "geheimnis geheimnisse geheim geheime geheimer geheimes geheimwort segreto segreta secreto secreta segredo secrète",
    "secrete hemlighet hemlig hemliga hemmelighet hemmelighed hemmelig salaisuus salainen sekret sekretny tajemství",
    "tajemstvi tajemnica tajne tajny tajný tajna tajomstvo titok titkos gizli sır skrivnost saladus paslaptis rahasia",
  ),
  ...wordsOf(
    "секрет секретный секретное таємниця таємний тайна μυστικό μυστικο mystiko mistiko 秘密 機密 机密 シークレット himitsu",
    "시크릿 비밀 bimil סוד गुप्त سري",
  ),
])

export const tokensElsewhere: ReadonlyArray<string> = everyForm([
  ...joined(["mã thông báo", "ma thong bao", "mã truy cập", "ma truy cap", "رمز الوصول"]),
  ...wordsOf(
    "jeton jetons ficha fichas zeton żeton zugangstoken zugriffstoken gettone belirteç belirtec pollett poletti erişim_jetonu jetonu belirteci belirteç belirtecim",
    "токен токена tokken 令牌 权杖 權杖 凭证 憑證 lingpai トークン ﾄｰｸﾝ tōkun tokun 토큰 אסימון टोकन โทเค็น",
  ),
])

export const credentialsElsewhere: ReadonlyArray<string> = everyForm([
  ...joined(["учётные данные", "учетные данные", "облікові дані", "kimlik bilgileri", "자격 증명"]),
  ...wordsOf(
    "zugangsdaten anmeldedaten identifiants credenciales credenciais credenziali inloggegevens poświadczenia",
    "poswiadczenia 認証情報 凭据 憑據 자격증명",
  ),
])

/** Their word for a key may stand alone, as it is no word of programs. */
export const keysElsewhere: ReadonlyArray<string> = everyForm([
  ...joined([
    "llave api",
    "clau api",
    "clau secreta",
    "clau privada",
    "cle api",
    "cle secrete",
    "cle privee",
    "cle acces",
    "cle d'acces",
    "cle de",
    "cle publique",
    "cle client",
    "cle chiffrement",
    "cle signature",
    "cle maitre",
    "api cle",
  ]),
  ...wordsOf(
    "clé clés clef clefs chave chaves chiave chiavi llave llaves schluessel schlüssel schlussel",
    "sleutel sleutels nyckel nyckeln nycklar nøkkel nøkkelen nokkel nøgle nøglen noegle noekkel naeckel nogle avain avaimen lykill",
    "klucz klucza klucze klíč klíče klic klice kľúč kluc kulcs kulcsa kulcsot anahtar anahtarı anahtari cheie cheia",
    "ključ kljuc raktas võti atslega atslēga giltza çelësi",
  ),
  ...wordsOf(
    "ключ ключа ключи ключі kljuch klyuch kluch klyuc κλειδί κλειδι kleidi klidi מפתח مفتاح कुंजी khóa khoá khoa kunci",
    "密钥 密鑰 金鑰 私钥 私鑰 秘钥 密匙 秘鑰 miyao siyao apiキー 秘密鍵 秘密キー 暗号鍵 暗号化鍵 共有鍵 署名鍵 himitsukagi himitsu_kagi",
    "비밀키 비밀열쇠 개인키 암호키 암호화키 api키 api_키 액세스키 접근키 접속키 서명키 보안키 인증키 bimilki",
  ),
  ...joined(["api 키", "비밀 키", "개인 키", "암호화 키", "액세스 키", "인증 키", "서명 키", "api キー"]),
])

/** What counts as a secret when its value is not known: rules as data. */

export type RedactionCategory = "credential" | "token" | "key" | "password" | "header" | "url"

/**
 * One kind of secret. A rule is tried only where one of its keywords stands, and its pattern is matched from the first
 * character of the keyword on.
 */
export interface RedactionRule {
  /** Shown in the mark and in counts. */
  readonly id: string
  readonly category: RedactionCategory
  /** Literal text, ASCII, in any case, at least three characters. */
  readonly keywords: ReadonlyArray<string>
  /**
   * Matched at the keyword, case included unless it says otherwise. It stays on one line and is no longer than
   * `maximumMatch`. Without a pattern the keyword is a word in the name of a field, and the value that is assigned to
   * the field is the secret if it looks like one.
   */
  readonly pattern?: RegExp
  /** The group that is masked: 1 where the pattern has one, else the whole match. */
  readonly group?: 0 | 1
  /** Masks each match of this in the group, instead of the group. */
  readonly each?: RegExp
  /** What the field holds; for a pattern, the condition on what is masked is that of a field of this kind. */
  readonly value?: "password" | "token"
  /** Bits per character that the masked text has at least. */
  readonly entropy?: number
  /** A masked text that matches is no secret. */
  readonly allow?: RegExp
  /** The keyword must begin a word. */
  readonly word?: boolean
  /** How far the pattern looks: up to the next white space, which is the default, or up to the end of the line. */
  readonly reach?: "word" | "line"
  /** With reach `line`: while this matches at the keyword up to the end of what is there, more may make it a match. */
  readonly open?: RegExp
}

/** No pattern matches more characters than this. */
export const maximumMatch = 8192

const shape = (
  id: string,
  category: RedactionCategory,
  keywords: ReadonlyArray<string>,
  pattern: RegExp,
  more: Partial<RedactionRule> = {},
): RedactionRule => ({ id, category, keywords, pattern, ...more })

const field = (id: string, value: "password" | "token", keywords: ReadonlyArray<string>): RedactionRule => ({
  id,
  category: value === "password" ? "password" : "credential",
  keywords,
  value,
})

const keyOf = (words: ReadonlyArray<string>): ReadonlyArray<string> =>
  words.flatMap((word) => [`${word}_key`, `${word}-key`, `${word}key`, `${word} key`])

/** Earlier rules give their name to text that several of them match. */
export const defaultRules: ReadonlyArray<RedactionRule> = [
  shape("anthropic-key", "token", ["sk-ant-"], /sk-ant-[\w-]{16,512}/y),
  shape("openai-key", "token", ["sk-proj-", "sk-svcacct-", "sk-admin-"], /sk-(?:proj|svcacct|admin)-[\w-]{20,512}/y),
  shape("openrouter-key", "token", ["sk-or-"], /sk-or-[\w-]{20,256}/y),
  shape("langsmith-key", "token", ["lsv2_"], /lsv2_(?:pt|sk)_[\w]{20,128}/y),
  shape("sk-key", "token", ["sk-"], /sk-[A-Za-z0-9]{20,256}(?![\w-])/y, { word: true, entropy: 3 }),
  shape("google-api-key", "token", ["AIza"], /AIza[\w-]{30,64}/y, { word: true }),
  shape("google-oauth-secret", "token", ["GOCSPX-"], /GOCSPX-[\w-]{20,64}/y),
  shape("google-oauth-token", "token", ["ya29."], /ya29\.[\w.-]{20,2048}/y, { word: true }),
  shape("huggingface-token", "token", ["hf_", "api_org_"], /(?:hf|api_org)_[A-Za-z0-9]{24,64}/y, { word: true }),
  shape("github-token", "token", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], /gh[pousr]_[A-Za-z0-9]{16,255}/y),
  shape("github-fine-grained-token", "token", ["github_pat_"], /github_pat_\w{16,255}/y),
  shape(
    "gitlab-token",
    "token",
    ["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "gloas-", "glsoat-", "glffct-"],
    /gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w.-]{14,300}/y,
  ),
  shape(
    "aws-access-key-id",
    "key",
    ["AKIA", "ASIA", "ABIA", "ACCA"],
    /A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])/y,
    {
      word: true,
      allow: /EXAMPLE$/,
    },
  ),
  shape(
    "slack-token",
    "token",
    ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xoxc-", "xoxd-"],
    /xox[abcdeprs][-.][\w%.-]{10,512}/y,
  ),
  shape("slack-app-token", "token", ["xapp-"], /xapp-[\w-]{16,256}/y, { word: true }),
  shape(
    "slack-webhook",
    "url",
    ["hooks.slack.com/"],
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/([\w/-]{16,256})/y,
  ),
  shape("discord-webhook", "url", ["/api/webhooks/"], /\/api\/webhooks\/\d{10,24}\/([\w-]{20,128})/y),
  shape("telegram-bot-token", "url", ["/bot"], /\/bot(\d{6,12}:[\w-]{30,48})/y),
  shape(
    "stripe-key",
    "key",
    ["sk_live_", "sk_test_", "rk_live_", "rk_test_"],
    /[sr]k_(?:live|test)_[A-Za-z0-9]{10,256}/y,
  ),
  shape("webhook-secret", "key", ["whsec_"], /whsec_[\w+/=-]{16,256}/y),
  shape("square-token", "token", ["sq0atp-", "sq0csp-", "EAAA"], /(?:sq0(?:atp|csp)-[\w-]{20,64}|EAAA[\w-]{60})/y, {
    word: true,
  }),
  shape("shopify-token", "token", ["shpat_", "shpca_", "shppa_", "shpss_"], /shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{24,64}/y),
  shape("sendgrid-key", "key", ["SG."], /SG\.[\w-]{16,32}\.[\w-]{32,64}/y, { word: true }),
  shape("mailgun-key", "key", ["key-"], /key-[a-f0-9]{32}(?![\w])/y, { word: true }),
  shape("brevo-key", "key", ["xkeysib-", "xsmtpsib-"], /x(?:key|smtp)sib-[\w-]{30,128}/y),
  shape("npm-token", "token", ["npm_"], /npm_[A-Za-z0-9]{30,64}/y),
  shape("pypi-token", "token", ["pypi-"], /pypi-[\w-]{32,1024}/y),
  shape("rubygems-key", "key", ["rubygems_"], /rubygems_[a-f0-9]{32,64}/y),
  shape("docker-token", "token", ["dckr_pat_", "dckr_oat_"], /dckr_[po]at_[\w-]{20,128}/y),
  shape("digitalocean-token", "token", ["dop_v1_", "doo_v1_", "dor_v1_"], /do[por]_v1_[a-f0-9]{32,128}/y),
  shape("databricks-token", "token", ["dapi"], /dapi[a-f0-9]{32}(?:-\d)?(?!\w)/y, { word: true }),
  shape("vault-token", "token", ["hvs.", "hvb.", "hvr."], /hv[sbr]\.[\w-]{20,512}/y, { word: true }),
  shape("terraform-token", "token", [".atlasv1."], /\.atlasv1\.[\w-]{40,128}/y),
  shape("doppler-token", "token", ["dp.pt.", "dp.st.", "dp.ct."], /dp\.[psc]t\.[\w.-]{30,128}/y, { word: true }),
  shape("pulumi-token", "token", ["pul-"], /pul-[a-f0-9]{40}/y, { word: true }),
  shape("linear-key", "key", ["lin_api_", "lin_oauth_"], /lin_(?:api|oauth)_[A-Za-z0-9]{20,128}/y),
  shape("notion-token", "token", ["ntn_", "secret_"], /(?:ntn|secret)_[A-Za-z0-9]{40,64}(?!\w)/y, {
    word: true,
    entropy: 3.5,
  }),
  shape("postman-key", "key", ["PMAK-"], /PMAK-[\w-]{40,128}/y),
  shape("figma-token", "token", ["figd_"], /figd_[\w-]{20,128}/y),
  shape("atlassian-token", "token", ["ATATT3", "ATCTT3"], /AT[AC]TT3[\w=+/-]{20,512}/y, { word: true }),
  shape("grafana-token", "token", ["glsa_", "glc_"], /gl(?:sa|c)_[\w+/=]{20,512}/y, { word: true }),
  shape("new-relic-key", "key", ["NRAK-", "NRJS-"], /NR(?:AK|JS)-[A-Za-z0-9]{16,64}/y),
  shape("sentry-token", "token", ["sntrys_", "sntryu_"], /sntry[su]_[\w+/=-]{24,1024}/y),
  shape("groq-key", "key", ["gsk_"], /gsk_[A-Za-z0-9]{32,128}/y, { word: true }),
  shape("replicate-token", "token", ["r8_"], /r8_[A-Za-z0-9]{32,64}/y, { word: true }),
  shape("perplexity-key", "key", ["pplx-"], /pplx-[A-Za-z0-9]{32,128}/y),
  shape("xai-key", "key", ["xai-"], /xai-[A-Za-z0-9]{40,128}/y, { word: true }),
  shape("airtable-token", "token", ["pat"], /pat[A-Za-z0-9]{14}\.[a-f0-9]{64}/y, { word: true }),
  shape("supabase-key", "key", ["sbp_", "sb_secret_"], /sb(?:p|_secret)_[\w-]{20,128}/y),
  shape("planetscale-token", "token", ["pscale_"], /pscale_(?:tkn|pw|oauth)_[\w.-]{30,64}/y),
  shape("fly-token", "token", ["fo1_", "FlyV1"], /(?:fo1_[\w-]{40,64}|FlyV1 [\w+/=,-]{40,2048})/y, {
    word: true,
    reach: "line",
  }),
  shape("age-key", "key", ["AGE-SECRET-KEY-"], /AGE-SECRET-KEY-1[A-Za-z0-9]{30,80}/y),
  shape("tagged-key", "key", ["_live_", "_prod_", "_secret_"], /_(?:live|prod|secret)_[A-Za-z0-9]{24,128}(?!\w)/y, {
    entropy: 3.2,
  }),
  shape("jwt", "token", ["eyJ"], /eyJ[\w-]{8,1024}\.[\w-]{8,4096}(?:\.[\w-]{8,1024}|\.|(?!\w))/y, { word: true }),
  shape(
    "authorization-header",
    "header",
    ["authorization"],
    /authorization\\{0,32}["']?\]?[ \t]{0,4}[:=,][ \t]{0,4}\\{0,32}["'`]?(?:(?:Bearer|Basic|Token|Digest|ApiKey|Api-Key|Negotiate|GenieKey|SSWS|Bot|key=?)[ \t]{1,4})?([^\s"'`\\,;<>(){}$]{6,2048})/iy,
    { reach: "line", value: "token", open: /authorization\\{0,32}["']?\]?[ \t]{0,4}(?:$|[:=,])/iy },
  ),
  shape("bearer-token", "header", ["bearer "], /bearer {1,4}([\w.~+/=-]{16,2048})/iy, {
    word: true,
    value: "token",
    reach: "line",
    open: /bearer {1,4}(?:[\w.~+/=-]{0,2048})$/iy,
  }),
  shape("basic-credentials", "header", ["basic "], /basic {1,4}([A-Za-z0-9+/]{12,512}={0,2})(?![\w+/=])/iy, {
    word: true,
    value: "token",
    entropy: 3.2,
    reach: "line",
    open: /basic {1,4}[A-Za-z0-9+/]{0,512}={0,2}$/iy,
  }),
  shape(
    "cookie",
    "header",
    ["cookie"],
    /cookie\\{0,32}["']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,32}["']?([^"'\r\n]{8,4096})/iy,
    {
      reach: "line",
      each: /(?<==)[^\s;,"'\\]{12,4096}/g,
      value: "token",
      open: /cookie\\{0,32}["']?[ \t]{0,4}(?:$|[:=])/iy,
    },
  ),
  shape("cookie", "header", ["--cookie ", " -b "], /(?:--cookie| -b) \\{0,32}["']?([^"'\r\n]{8,4096})/y, {
    reach: "line",
    each: /(?<==)[^\s;,"'\\]{12,4096}/g,
    value: "token",
  }),
  shape("url-password", "url", ["://"], /:\/\/[^\s/:@"'`<>\\]{0,128}:([^\s/@"'`<>\\]{3,512})@(?=[\w.[-])/y, {
    allow:
      /^(?:\$|<|\{|%[({]|\*{3}|\.{3}|x{3,}|\[|pass(?:word)?$|pw$|pwd$|secret$|token$|your|example|changeme|user$|\d{1,5}$)/i,
  }),
  shape("url-token", "url", ["://"], /:\/\/([\w-]{20,256})@(?=[\w.[-])/y, { value: "token" }),
  shape("url-signature", "url", ["sig=", "signature="], /sig(?:nature)?=([\w%+/=.-]{24,1024})/iy, { entropy: 3 }),
  shape("url-key", "url", ["?key=", "&key=", "?code=", "&code="], /[?&](?:key|code)=([\w%.~-]{16,512})/iy, {
    value: "token",
  }),
  shape(
    "user-option",
    "password",
    [" -u ", "--user ", "--user="],
    /(?: -u|--user)[ =]\\{0,32}["']?[^\s:"'/\\]{1,128}:([^\s"'`/\\]{4,512})/y,
    { reach: "line", value: "password", open: /(?: -u|--user)[ =]\\{0,32}["']?\S{0,700}$/y },
  ),
  shape("mysql-option", "password", [" -p"], / -p\\{0,32}["']?([^\s"'`\\/:=.]{6,128})(?=[\s"'`\\]|$)/y, {
    reach: "line",
    value: "password",
    open: / -p\S{0,180}$/y,
    allow: /^[a-z-]+$|^\d+(?::\d+)*$/i,
  }),
  shape("sshpass-option", "password", ["sshpass -p"], /sshpass -p[ ]?\\{0,32}["']?([^\s"'`\\]{4,256})/y, {
    reach: "line",
    allow: /^\$/,
    open: /sshpass -p[ ]?\S{0,320}$/y,
  }),
  shape("netrc", "password", ["login "], /login {1,4}\S{1,64}[ \t]{1,4}password[ \t]{1,4}(\S{4,256})/y, {
    reach: "line",
    allow: /^[$<{[]/,
    open: /login {1,4}\S{0,64}(?:$|[ \t]{1,4}(?:$|p\S{0,8}(?:$|[ \t]{1,4}\S{0,256}$)))/y,
  }),
  field("password", "password", ["password", "passwd", "passphrase", "passwort", "pwd", "pass", "passcode"]),
  field("secret", "token", ["secret"]),
  field("token", "token", ["token"]),
  field("credential", "token", ["credential", "auth", "sharedaccesssignature"]),
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
    ]),
  ),
]

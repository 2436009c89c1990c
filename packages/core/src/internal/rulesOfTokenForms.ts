/** Tokens of which the form says more than the prefix: several parts, groups, or the place in an address. */
import type { RedactionRule } from "../RedactionRule.ts"
import { prefixed, shape } from "./ruleForms.ts"

export const tokenFormRules: ReadonlyArray<RedactionRule> = [
  shape(
    "encrypted-jwt",
    "token",
    ["eyJ"],
    /eyJ[\w-]{8,1024}\.[\w-]{0,1024}\.[\w-]{8,64}\.[\w-]{8,4096}\.[\w-]{16,64}/y,
    { word: true },
  ),
  prefixed("clickhouse-key", ["4b1d"], "A-Za-z0-9", 38, 38, { entropy: 4 }),
  prefixed("fly-token", ["fm1r_", "fm1a_", "fm2_"], "\\w+/=,-", 40, 2048),
  prefixed("minisign-key", ["RWRTY0Iy"], "\\w+/=", 100, 400),
  prefixed("tezos-key", ["edsk"], "A-Za-z0-9", 50, 100, { entropy: 4 }),
  prefixed("linkedin-token", ["WPL_AP1."], "\\w.=", 16),
  prefixed("google-authorization-code", ["4/0A"], "\\w-", 60, 120),
  shape("telnyx-key", "key", ["KEY01"], /KEY01[0-9A-F]{30}_[A-Za-z0-9]{20,24}/y, { word: true }),
  shape("cluster-token", "token", ["kubeconfig-u"], /kubeconfig-u(?:ser)?-[a-z0-9]{4,20}:[a-z0-9]{40,64}/y),
  shape(
    "feature-flag-key",
    "key",
    [":production.", ":development.", ":default.", "*:*."],
    /(?::(?:production|development|default)|\*:\*)\.[0-9a-f]{40,64}/y,
  ),
  prefixed("mailersend-token", ["mlsn."], "a-f0-9", 40, 80),
  prefixed("configcat-key", ["configcat-sdk-", "configcat-proxy/"], "\\w/-", 30, 80),
  shape("deploy-key", "key", ["prod:", "preview:"], /(?:prod|preview):[a-z]+-[a-z]+-\d{1,4}\|[\w+/=-]{40,300}/y, {
    word: true,
  }),
  prefixed("macaroon", ["MDAx", "0201036c6e64"], "\\w+/=-", 90, 2048, { entropy: 3 }),
  shape("ping-url", "url", ["hc-ping.com/"], /hc-ping\.com\/([\w-]{22,64})/y),
  prefixed("intra-key", ["s-s4t2ud-", "s-s4t2af-", "u-s4t2ud-", "u-s4t2af-"], "a-f0-9", 60, 70),
  prefixed("confluent-secret", ["cflt"], "\\w+/", 56, 64, { entropy: 4 }),
  prefixed("tunnel-token", ["eyJhIjoi"], "\\w+/=-", 100, 400),
  prefixed("intercom-token", ["dG9rO"], "\\w+/=", 40, 80, { entropy: 3.5 }),
  shape(
    "webhook-url",
    "url",
    [
      "/bot/v2/hook/",
      "/webhook/send?key=",
      "/robot/send?access_token=",
      "/v1/webhooks/",
      "/hooks/catch/",
      "/triggers/manual/paths/",
    ],
    /(?:\/bot\/v2\/hook\/|\/webhook\/send\?key=|\/robot\/send\?access_token=|\/v1\/webhooks\/|\/hooks\/catch\/\d{4,12}\/|\/triggers\/manual\/paths\/)([\w-]{7,128})/y,
  ),
  prefixed("grafana-token", ["eyJrIjoi"], "\\w+/=", 50, 400),
  prefixed("neon-password", ["npg_"], "A-Za-z0-9", 10, 40),
  prefixed("session-token", ["sess-"], "A-Za-z0-9", 36, 48, { entropy: 4 }),
  prefixed("langsmith-key", ["ls__"], "a-f0-9", 32, 40),
  // Keys in the path of an address, by the host that reads them there.
  shape(
    "endpoint-key",
    "url",
    [
      "pagerduty.com/integration/",
      "/api/v1/heartbeat/",
      "cronitor.link/p/",
      "rpc.ankr.com/",
      "rpc.thirdweb.com/",
      "nosnch.in/",
      "webhook.site/",
    ],
    /(?:pagerduty\.com\/integration\/|\/api\/v1\/heartbeat\/|cronitor\.link\/p\/|rpc\.ankr\.com\/(?:\w{2,24}\/)?|rpc\.thirdweb\.com\/|nosnch\.in\/|webhook\.site\/)([\w-]{10,80})/y,
  ),
  shape("packagist-token", "token", ["packagist_"], /packagist_[a-z]{2,6}_[0-9a-f]{40,80}/y, { word: true }),
  shape(
    "mercadopago-token",
    "token",
    ["APP_USR-", "TEST-"],
    /(?:APP_USR|TEST)-\d{12,20}-\d{6}-[0-9a-f]{32}-\d{4,12}/y,
    {
      word: true,
    },
  ),
  // A key that a maker marked in its middle, so that scanners know it; source: Microsoft's common annotated security keys.
  shape("azure-key", "key", ["JQQJ99"], /JQQJ99[A-Za-z0-9]{20,32}/y, { before: /[A-Za-z0-9]{36}$/ }),
  shape("signing-key", "key", ["-1:", "-2:", "-3:"], /(?<=[\w.]{4})-[123]:[A-Za-z0-9+/]{86}==/y),
  // An account of a server's list of accounts, with its password behind an arrow.
  shape("acl-password", "password", ["user "], /user [\w.@-]{1,64} o(?:n|ff) (?:[^\s>]{1,40} ){0,4}>([^\s>]{4,128})/y, {
    word: true,
    reach: "line",
  }),
  // Of one maker's applications, 32 bytes.
  shape("application-key", "key", ["base64:"], /base64:([A-Za-z0-9+/]{43}=)(?![\w+/=])/y, {
    word: true,
    value: "token",
    entropy: 4,
  }),
  // The bytes of a key, as numbers.
  shape(
    "key-bytes",
    "key",
    ["private", "secret"].flatMap((name) => ["_key", "key"].map((key) => name + key)).concat("keypair", "key_pair"),
    /(?:(?:private|secret)_?key|key_?pair) ?= ?\[((?:\d{1,3}, ?){31,127}\d{1,3})\]/iy,
    { reach: "line", open: /[a-z_]{7,11} ?=? ?(?:\[[\d, ]{0,640})?$/iy },
  ),
  // The second half of a login of machines; elsewhere the name of a secret, which is no random text.
  shape(
    "machine-login",
    "token",
    ["secret_id", "secret-id"],
    /secret[_-]id\\{0,8}["']? {0,8}[:=] {0,4}\\{0,8}["'`]?([\w-]{20,64})(?![\w./:-])/iy,
    {
      reach: "line",
      value: "token",
      entropy: 3,
      open: /secret[_-]id\\{0,8}["']? {0,8}(?:[:=] {0,4}\\{0,8}["'`]?[\w-]{0,64})?$/iy,
    },
  ),
  shape(
    "config-set",
    "token",
    ["config set "],
    /config set [\w.:/-]{0,40}?(?:api|key|token|auth|secret)[= ]\\{0,8}["']?([\w.-]{16,256})/y,
    {
      reach: "line",
      value: "token",
      entropy: 3,
      open: /config set [\w.:/-]{0,48}(?:[= ]\\{0,8}["']?[\w.-]{0,256})?$/y,
    },
  ),
]

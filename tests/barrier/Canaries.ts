/** Fake secrets of many kinds, made new in each run so that no file holds one, and a search for them in bytes. */
import { Buffer } from "node:buffer"

export interface Canary {
  readonly kind: string
  /** What must be seen nowhere. */
  readonly value: string
  /** The value as an agent would print it. One line, or several for what has several. */
  readonly text: string
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
const hexadecimal = "0123456789abcdef"

/** Numbers that look random and are the same in every run. */
const makeRandom = (seed: number) => {
  let state = seed
  return (bound: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 0x100000000) * bound)
  }
}

type Some = (length: number, letters?: string) => string

/** Prefix, then so many random characters, in a sentence. */
const token = (prefix: string, length: number, letters = alphabet) => ({ prefix, length, letters })

const tokens = {
  anthropic: token("sk-ant-api03-", 80),
  openai: token("sk-proj-", 60),
  openrouter: token("sk-or-v1-", 64, hexadecimal),
  langsmith: token("lsv2_pt_", 40),
  "google-api": token("AIza", 35),
  "google-oauth": token("GOCSPX-", 28),
  "google-access": token("ya29.", 60),
  huggingface: token("hf_", 34),
  "github-classic": token("ghp_", 36),
  "github-oauth": token("gho_", 36),
  "github-server": token("ghs_", 36),
  "github-fine": token("github_pat_", 60),
  gitlab: token("glpat-", 20),
  aws: token("AKIA", 16, alphabet.slice(0, 26)),
  slack: token("xoxb-", 40),
  "slack-app": token("xapp-1-", 40),
  "stripe-live": token("sk_live_", 24),
  "stripe-restricted": token("rk_live_", 24),
  webhook: token("whsec_", 32),
  square: token("sq0atp-", 22),
  shopify: token("shpat_", 32, hexadecimal),
  mailgun: token("key-", 32, hexadecimal),
  brevo: token("xkeysib-", 64),
  npm: token("npm_", 36),
  pypi: token("pypi-", 80),
  rubygems: token("rubygems_", 48, hexadecimal),
  docker: token("dckr_pat_", 27),
  digitalocean: token("dop_v1_", 64, hexadecimal),
  databricks: token("dapi", 32, hexadecimal),
  vault: token("hvs.", 40),
  doppler: token("dp.pt.", 43),
  pulumi: token("pul-", 40, hexadecimal),
  linear: token("lin_api_", 40),
  notion: token("ntn_", 46),
  postman: token("PMAK-", 59),
  figma: token("figd_", 40),
  atlassian: token("ATATT3", 60),
  grafana: token("glsa_", 32),
  "new-relic": token("NRAK-", 27),
  sentry: token("sntrys_", 60),
  groq: token("gsk_", 52),
  replicate: token("r8_", 37),
  perplexity: token("pplx-", 48),
  xai: token("xai-", 80),
  supabase: token("sbp_", 40, hexadecimal),
  planetscale: token("pscale_tkn_", 43),
  fly: token("fo1_", 43),
  age: token("AGE-SECRET-KEY-1", 58, alphabet.slice(0, 26)),
}

const inContext: Readonly<Record<string, (some: Some) => { readonly value: string; readonly text: string }>> = {
  jwt: (some) => {
    const value = `eyJ${some(20)}.eyJ${some(40)}.${some(43)}`
    return { value, text: `the token is ${value} until noon` }
  },
  sendgrid: (some) => {
    const value = `SG.${some(22)}.${some(43)}`
    return { value, text: `mail goes with ${value} now` }
  },
  airtable: (some) => {
    const value = `pat${some(14)}.${some(64, hexadecimal)}`
    return { value, text: `base ${value} here` }
  },
  "slack-webhook": (some) => {
    const value = `T${some(8)}/B${some(8)}/${some(24)}`
    return { value, text: `post to https://hooks.slack.com/services/${value}` }
  },
  "discord-webhook": (some) => {
    const value = some(68)
    return { value, text: `post to https://discord.com/api/webhooks/123456789012345678/${value}` }
  },
  telegram: (some) => {
    const value = `123456789:${some(35)}`
    return { value, text: `GET https://api.telegram.org/bot${value}/getMe` }
  },
  password: (some) => {
    const value = `${some(12)}7Qz`
    return { value, text: `DB_PASSWORD=${value}` }
  },
  "password-json": (some) => {
    const value = `${some(12)}7Qz`
    return { value, text: `{"user":"ana","password":"${value}"}` }
  },
  "api-key": (some) => {
    const value = some(32)
    return { value, text: `x-api-key: ${value}` }
  },
  "client-secret": (some) => {
    const value = some(32)
    return { value, text: `const clientSecret = '${value}'` }
  },
  authorization: (some) => {
    const value = some(40)
    return { value, text: `Authorization: Bearer ${value}` }
  },
  basic: (some) => {
    const value = Buffer.from(`ana:${some(20)}`).toString("base64")
    return { value, text: `Authorization: Basic ${value}` }
  },
  cookie: (some) => {
    const value = some(40)
    return { value, text: `Cookie: lang=en; session=${value}` }
  },
  "url-password": (some) => {
    const value = some(18)
    return { value, text: `postgres://app:${value}@db.internal:5432/app` }
  },
  "curl-user": (some) => {
    const value = some(18)
    return { value, text: `curl -u ana:${value} https://api.example.org` }
  },
  netrc: (some) => {
    const value = some(18)
    return { value, text: `machine example.org login ana password ${value}` }
  },
  "private-key": (some) => {
    const value = [some(64), some(64), some(64)].join("\n")
    const [begin, end] = ["BEGIN", "END"].map((word) => ["-----", word, " RSA PRIV", "ATE KEY-----"].join(""))
    return { value, text: `${begin}\n${value}\n${end}` }
  },
  "signed-url": (some) => {
    const value = some(44)
    return { value, text: `https://store.example.net/a/b?sv=2024&sig=${value}` }
  },
}

/** All kinds, with values of their own for each seed. */
export const makeCanaries = (seed: number): ReadonlyArray<Canary> => {
  const random = makeRandom(seed)
  // Plainly fake for whoever finds one, and never a word that turns up by chance.
  const some: Some = (length, letters = alphabet) =>
    Array.from({ length }, () => letters.charAt(random(letters.length))).join("")
  return [
    ...Object.entries(tokens).map(([kind, { prefix, length, letters }]) => {
      const value = prefix + some(length, letters)
      return { kind, value, text: `found ${value} there` }
    }),
    ...Object.entries(inContext).map(([kind, make]) => ({ kind, ...make(some) })),
  ]
}

/** Values that no rule knows: the host passes them on. */
export const knownValue = (seed: number): string => {
  const random = makeRandom(seed)
  return `quiet words ${Array.from({ length: 20 }, () => alphabet.charAt(random(26))).join("")}/+ end`
}

export interface Leak {
  readonly kind: string
  readonly where: string
  /** What is around it. */
  readonly around: string
}

const pieceLength = 12

/** Finds whole values and pieces of twelve characters of them. */
export const makeSearch = (canaries: ReadonlyArray<Pick<Canary, "kind" | "value">>) => {
  const needles = canaries.flatMap(({ kind, value }) =>
    value.split("\n").flatMap((line) => {
      // The prefix is public; what is behind it is not.
      const pieces: Array<{ readonly kind: string; readonly bytes: Buffer }> = []
      for (let end = line.length; end >= pieceLength; end -= pieceLength / 2) {
        pieces.push({ kind, bytes: Buffer.from(line.slice(end - pieceLength, end)) })
        if (end - pieceLength < pieceLength) break
      }
      return pieces
    }),
  )
  return (where: string, content: Uint8Array | string): ReadonlyArray<Leak> => {
    const bytes = Buffer.from(content as string)
    const found = new Map<string, Leak>()
    for (const needle of needles) {
      if (found.has(needle.kind)) continue
      const at = bytes.indexOf(needle.bytes)
      if (at < 0) continue
      const around = bytes.subarray(Math.max(0, at - 80), at + 40).toString("latin1")
      found.set(needle.kind, { kind: needle.kind, where, around })
    }
    return [...found.values()]
  }
}

/** Rules for what is about people rather than secret: payment cards, mail addresses, telephone numbers. Off unless asked for. */
import type { RedactionRule } from "./RedactionRule.ts"

/** The first three digits of the cards of the large networks. */
const issuers = [
  ...Array.from({ length: 100 }, (_, index) => 400 + index),
  ...Array.from({ length: 50 }, (_, index) => 510 + index),
  ...Array.from({ length: 51 }, (_, index) => 222 + index),
  ...Array.from({ length: 7 }, (_, index) => 352 + index),
  ...Array.from({ length: 10 }, (_, index) => 340 + index),
  ...Array.from({ length: 10 }, (_, index) => 370 + index),
  ...Array.from({ length: 6 }, (_, index) => 300 + index),
  ...Array.from({ length: 10 }, (_, index) => 360 + index),
  601,
  ...Array.from({ length: 16 }, (_, index) => 644 + index),
].map(String)

export const personalDataRules: ReadonlyArray<RedactionRule> = [
  {
    id: "payment-card",
    category: "personal",
    keywords: issuers,
    pattern: /\d(?:[ -]?\d){12,18}(?![\d-])/y,
    word: true,
    check: "luhn",
    reach: "line",
    open: /\d(?:[ -]?\d?){2,20}$/y,
  },
  {
    id: "phone-number",
    category: "personal",
    keywords: Array.from({ length: 9 }, (_, index) => `+${index + 1}`),
    pattern: /\+[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,5}(?![\d])/y,
    word: true,
    check: "phone",
    reach: "line",
    open: /\+[1-9][\d ().-]{0,32}$/y,
  },
  {
    id: "email-address",
    category: "personal",
    keywords: ["@"],
    pattern: /@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}(?![\w@])/y,
    before: /[\w.+-]{1,40}$/,
  },
]

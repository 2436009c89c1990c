/** A value that a diff of words shows as it was and as it is: `[-old-]{+new+}`. */
import { stickyAt as sticky } from "./redactSeam.ts"

export interface Change {
  readonly end: number
  readonly before: string
  readonly after: string
}

const form = /\[-([^\s[\]"'`]{0,200})-\]\{\+([^\s{}"'`]{1,400})\+\}/y
const open = /\[(?:-[^\s[\]"'`]{0,201}(?:\](?:\{(?:\+[^\s{}"'`]{0,401})?)?)?)?$/y

export const changeAt = (text: string, at: number, final: boolean): Change | "more" | undefined => {
  if (text.charCodeAt(at) !== 91) return undefined
  if (!final && text.length - at < 620 && sticky(open, text, at) >= 0) return "more"
  form.lastIndex = at
  const match = form.exec(text)
  return match === null ? undefined : { end: at + match[0].length, before: match[1] ?? "", after: match[2] ?? "" }
}

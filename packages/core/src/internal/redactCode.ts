/** Tells code, numbers and versions from values: what a program computes is not written down in it. */
import { named, words } from "./redactWords.ts"

/** A number of a program, and what packages are asked for. */
const number = /^(?:0x[\da-f]{1,16}|\d{1,20})(?:u?l{0,2}|n)$/i
const version = /^(?:npm:[\w@/.-]{1,60}@|workspace:)?[~^<>=]{0,2}v?\d+\.\d+\.\d+(?:[-+][\w.+-]{1,60})?$/
const time = /^\d{4}-\d\d-\d\d(?:[T ][\d:.]{4,20}(?:Z|[+-]\d\d:?\d\d)?)?$/
export const isNumber = (value: string): boolean => number.test(value) || version.test(value) || time.test(value)

/** Operators that stand between what programmers have named. */
const operators =
  /^[!(]*(?:([A-Za-z_$][\w$]*(?:\??\.[\w$]+)+)(?:[!=]==?|\?(?=[\w"'!(]))|([A-Za-z_$][\w$]*(?:\??\.[\w$]+)*)(?:\?\.|\?\?|&&|\|\||=>|[!=]==))/
const members = /^!{0,2}[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)+$/
const chain = /^[A-Za-z_$][\w$]*(?:\.[\w$]+)+=[A-Za-z_$!([{]/
const indexed = /^[A-Za-z_$][\w$.]*\[[\w$.]+\]?(?:\.[A-Za-z_$][\w$]*)*$/
/** Of a style. */
const declared = /[;{][a-z-]{3,24}:/
const negated = /^!{1,2}([A-Za-z_$][\w$.]*)$/
const closed = /^(?:[^([]*\)|[^[]*\])+$/
/** A number or a flag, and the next name. */
const followed = /^(?:[\d.e]{1,6}|!?[01]|true|false|null|void)[,:][\w.$]{1,80}[=:]/
/** Of what searches a text, more than one sign. */
const expression = /\(\?[:=!<]|\[\^|\\{1,4}[sdwSDWbB(|.]|%\(|\)\?|\]\*|\.\*/g

/** Whether a value without quotes is a piece of a program. */
export const isCode = (value: string): boolean => {
  const [found, member, left = member] = operators.exec(value) ?? []
  if (found !== undefined && left !== undefined && (left.includes(".") || named(left))) return true
  if (chain.test(value) || followed.test(value) || declared.test(value)) return true
  if (members.test(value)) return value.includes("?.") || value.split(/[!?.]+/).every(named)
  const inner = negated.exec(value)?.[1]
  if (inner !== undefined) return named(inner)
  if (indexed.test(value)) return true
  return /[)\]]$/.test(value) && closed.test(value) && named(value.replace(/[()[\]]+/g, ""))
}

const filled = /\$\{[^{}]*\}|%\(\w+\)[sdr]|%\d?\$?[sd]|\{\{?[\w.!:*]{0,40}\}?\}|#\{[^{}]*\}/g
const selector = /^[a-z]{1,10}\[[\w-]+[~|^$*]?=/
const spelled = /^(?:\\{1,2}u[\da-f]{4})+$/i
/** Whether a value in quotes is a text to be filled in, one that searches texts, or a name in a space of names. */
export const isForm = (value: string): boolean => {
  if (
    (value.match(expression)?.length ?? 0) > 1 ||
    /^\(\?[:=!<]/.test(value) ||
    selector.test(value) ||
    spelled.test(value)
  )
    return true
  if (/^[A-Za-z?]+(?:\|[A-Za-z?]+)+$/.test(value)) return true
  if (/^\\{0,4}[A-Z]\w*(?:\\{1,4}\w+)+$/i.test(value)) return named(value.replace(/\\+/g, "/"))
  const rest = value.replace(filled, "")
  return rest !== value && (rest.length < 6 || named(rest.replace(/[^\w.:/ -]+/g, " ")))
}

const ideographs = /[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]/g
const stroked: Readonly<Record<string, string>> = {
  ı: "i",
  İ: "I",
  ł: "l",
  Ł: "L",
  ø: "o",
  Ø: "O",
  đ: "d",
  Đ: "D",
  ß: "ss",
  æ: "ae",
  "’": "",
}
/** Whether it is a word or a text in letters that nobody types where they cannot be seen. */
export const isForeignText = (value: string): boolean => {
  if (!/[\u0080-\uffff]/.test(value)) return false
  if ((value.match(ideographs)?.length ?? 0) > 1) return true
  const plain = value
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .replace(/[ıİłŁøØđĐßæ’]/g, (letter) => stroked[letter] ?? "")
  if (/[\d!-&*+/:-@[-`{-~]/.test(plain) || !/\p{L}/u.test(plain)) return false
  return words(plain.replace(/[^\x20-\x7f]+/g, ""))
}

const opening = /^["'`“„«‘‹([{<*&?]+/
const closing = /(?:["'`”»’›)\]}>…*?.,;:]|&#\d{1,5};?)+$/
const entity = /&(?:[a-z]{1,3}(?:acute|grave|uml|circ|cedil|tilde|ring|slash|lig)|inodot|nbsp)(?:;|$)/gi
const apostrophe = /(?:'|’|&#(?:39|8217|x27);)(?=[a-z]{1,2}$)/
/** What signs of a sentence or of code stand around. */
export const bare = (value: string): string =>
  value.replace(apostrophe, "").replace(entity, "e").replace(opening, "").replace(closing, "")

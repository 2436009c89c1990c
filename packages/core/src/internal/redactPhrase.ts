/** Passwords that are made of words: with numbers and signs between them, as people and password managers put them together. */

/** Words and a number, as password managers put them together. */
export const passphrase = /^[A-Za-z]{3,10}([-_.])[A-Za-z]{3,10}(?:\1[A-Za-z]{3,10}){1,6}\1?\d{1,4}[!?]?$/

/** Words and numbers with any sign between them: four pieces or more, or a sign that is in no name. */
const phraseForm =
  /^(?=[^A-Z]*[A-Z])(?=\D*\d)(?=(?:[^A-Za-z]*[A-Za-z]{3,}){2})(?:[A-Za-z]{3,12}|\d{1,4})(?:[-_.~+*^#@!][A-Za-z]{3,12}|[-_.~+*^#@!]?\d{1,4}|(?<=\d)[A-Z][a-z]{2,11}){2,7}[!?*~^#]?$/
const fourPieces = /^(?:[^-_.]*[-_.]){3}|[~+*^#@!]/
export const isPhrase = (value: string): boolean =>
  value.length >= 12 && value.length <= 64 && phraseForm.test(value) && fourPieces.test(value)

/** Five words or more, as dice choose them. */
export const diced =
  /^(?!(?:[a-z]+-)*(?:the|and|is|was|not|must|for|from|with|your|this|that|use|are|has|can|per|via|add|set|get)(?:-|$))[a-z]{3,10}(?:-[a-z]{3,10}){4,8}$/

/** A word, and another one with a number, which is no name of a program's. */
export const joinedWords = /^(?!Test)[A-Z][a-z]{2,11}_[a-z]{2,11}\d{2,4}[!?]?$/

/** The first part of words and numbers that signs join. */
const phraseStart =
  /^(?:[A-Za-z]{3,12}|\d{1,4})(?:[-_.~+*^#@!][A-Za-z]{0,12}|[-_.~+*^#@!]?\d{1,4}|(?<=\d)[A-Z][a-z]{0,11}){0,7}$/
export const phraseBegins = (part: string): boolean =>
  /[A-Z]/.test(part) && !/[.!]$/.test(part) && phraseStart.test(part)
export const phrasePiece = /^[A-Za-z\d_.~+*^#@!?-]{1,64}/
/** Whether the next line goes on with it rather than with a word of its own. */
export const continuesPhrase = (part: string, piece: string): boolean =>
  /\d/.test(piece) &&
  (/[^A-Za-z\d]/.test(part) || /^[^A-Za-z\d]/.test(piece)) &&
  (isPhrase(part + piece) || isPhrase(part + piece.replace(/[.,!?]$/, "")))

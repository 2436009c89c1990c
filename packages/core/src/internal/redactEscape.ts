/** Tells where an escape of a string is cut in two. */

/** More backslashes than that are none of an escape. */
const mostSlashes = 32
const spelledRest = /u[0-9a-f]{4}/iy

/** How many characters of an escape, which begins before `at`, are still to come. */
export const restOfEscape = (text: string, at: number): number => {
  let slashes = 0
  while (slashes < mostSlashes && text.charCodeAt(at - slashes - 1) === 92) slashes++
  // One of them may end a terminal's escape.
  if (text.charCodeAt(at - slashes - 1) === 0x1b) slashes--
  if (slashes < 1 || slashes % 2 === 0) return 0
  spelledRest.lastIndex = at
  return spelledRest.test(text) ? 5 : 1
}

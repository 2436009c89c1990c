/** Colours for a terminal that wants them. */

export interface Style {
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
}

const paint = (on: boolean, code: number) => (text: string) => (on ? `\u001b[${code}m${text}\u001b[0m` : text)

/** `NO_COLOR` (any value) switches colours off, `FORCE_COLOR` on; otherwise a terminal gets them. */
export const styleFor = (stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Style => {
  const on = env["NO_COLOR"]
    ? false
    : env["FORCE_COLOR"]
      ? env["FORCE_COLOR"] !== "0"
      : stream.isTTY === true && env["TERM"] !== "dumb"
  return {
    dim: paint(on, 2),
    bold: paint(on, 1),
    red: paint(on, 31),
    green: paint(on, 32),
    yellow: paint(on, 33),
    cyan: paint(on, 36),
  }
}

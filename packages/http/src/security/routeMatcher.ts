/** Which route a request is for. A path is compared part by part, as it was sent: nothing in it is decoded here. */

export interface Route {
  /** `runs.get`. */
  readonly name: string
  readonly method: string
  /** `/api/v1/runs/:id`. */
  readonly path: string
  /** What a principal needs; `known`: to be one; `public`: nothing. */
  readonly scope: string
  /** Whether the answer is a stream of events. */
  readonly stream: boolean
}

export type Match =
  | { readonly kind: "route"; readonly route: Route }
  | { readonly kind: "method"; readonly allowed: ReadonlyArray<string> }
  | { readonly kind: "none" }

/** A part that stands for a parameter: one path segment, not empty and without an escaped slash, percent or control; UTF-8. */
const parameter =
  /^(?!\.{1,2}$)(?:[A-Za-z0-9._~:@!$&'()*+,;=-]|%(?!2[fF5]|5[cC]|[01][0-9A-Fa-f]|7[fF])[0-9A-Fa-f]{2}){1,256}$/

const isParameter = (part: string): boolean => {
  if (!parameter.test(part)) return false
  try {
    decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}

const fits = (template: ReadonlyArray<string>, parts: ReadonlyArray<string>): boolean =>
  template.length === parts.length &&
  template.every((name, index) => (name.startsWith(":") ? isParameter(parts[index] ?? "") : name === parts[index]))

/** Routes with a parameter come after those without, so that `/runs/check` is not the run `check`. */
export const routeMatcher = (routes: ReadonlyArray<Route>): ((method: string, path: string) => Match) => {
  const templates = routes
    .map((route) => ({ route, parts: route.path.split("/") }))
    .toSorted((left, right) => left.route.path.split(":").length - right.route.path.split(":").length)
  return (method, path) => {
    const parts = path.split("/")
    const fitting = templates.filter((template) => fits(template.parts, parts))
    const exact = fitting.find(({ route }) => route.method === method)
    if (exact !== undefined) return { kind: "route", route: exact.route }
    return fitting.length === 0
      ? { kind: "none" }
      : { kind: "method", allowed: [...new Set(fitting.map(({ route }) => route.method))] }
  }
}

/** `runyard usage`: what agents used and cost, by whom or what, and where each figure is from. */
import { formatMoney, LedgerGrouping, type LedgerSum, runyardError, UsageLedger } from "@runyard/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Command, Flag } from "effect/cli"
import { say, tell } from "../output.ts"
import { type Style, styleFor } from "../style.ts"
import { terminalJson, terminalText } from "@runyard/core/TerminalText"
import { withYard } from "./root.ts"

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90m`, `8h`, `7d` before now, or a day such as `2026-11-01`: an instant in milliseconds since the epoch. */
export const instantOf = (text: string, now: number): number | undefined => {
  const [, count, unit = ""] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? []
  if (count !== undefined) return now - Number(count) * (units[unit] ?? 0)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const midnight = new Date(`${text}T00:00:00`).getTime()
  return Number.isNaN(midnight) ? undefined : midnight
}

const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

const count = (tokens: number): string => tokens.toLocaleString("en-US")

/** What is known of the cost, each amount with where it is from; `unknown` is no amount, and never in a sum. */
const costText = ({ attempts, computed, costUnknown, vendor }: LedgerSum): string => {
  const isKnown = costUnknown < attempts
  return [
    ...(vendor > 0 || (isKnown && computed === 0) ? [`${formatMoney(vendor)} told by the CLI`] : []),
    ...(computed > 0 ? [`${formatMoney(computed)} by price table`] : []),
    ...(costUnknown > 0 ? [isKnown ? `${costUnknown} of unknown cost` : "unknown cost"] : []),
  ].join(" + ")
}

const line = (sum: LedgerSum, width: number, style: Style): string => {
  const { cacheRead, cacheWrite, input, output, unsplit } = sum.tokens
  const tokens = [
    `${count(input + cacheRead + cacheWrite)} in${cacheRead > 0 ? ` (${count(cacheRead)} cached)` : ""}`,
    `${count(output)} out`,
    ...(unsplit > 0 ? [`${count(unsplit)} of either`] : []),
  ].join(", ")
  const uncertain = sum.tokensUncertain > 0 ? `, ${sum.tokensUncertain} not exact` : ""
  const key = terminalText(sum.key === "" ? "(not told)" : sum.key)
  const attempts = `${sum.attempts} ${sum.attempts === 1 ? "attempt" : "attempts"}`
  return `${key.padEnd(width)}  ${costText(sum)}  ${style.dim(`${attempts}, ${tokens}${uncertain}`)}`
}

const report = (sums: ReadonlyArray<LedgerSum>): void => {
  if (sums.length === 0) return tell("Nothing was used.")
  const style = styleFor(process.stdout, process.env)
  const width = Math.max(...sums.map(({ key }) => Math.min(60, terminalText(key).length)))
  for (const sum of sums) say(line(sum, width, style))
}

const optional = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

export const usage = Command.make(
  "usage",
  {
    by: Flag.Literals("by", LedgerGrouping.literals).pipe(
      Flag.withDescription("What to sum by (default: day)"),
      Flag.withDefault("day" as const),
    ),
    since: optional("since", "Attempts that began so long ago at most, or since a day: 7d, 12h, 2026-11-01"),
    until: optional("until", "Attempts that began before: 1d, 2026-11-08"),
    provider: optional("provider", "Only this provider"),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print JSON, one sum a line"), Flag.withDefault(false)),
  },
  Effect.fn("usage")(function* ({ by, json, provider, since, until }) {
    const now = yield* Clock.currentTimeMillis
    const instant = (name: "since" | "until", text: Option.Option<string>) => {
      if (Option.isNone(text)) return Effect.succeed({})
      const found = instantOf(text.value, now)
      return found === undefined
        ? Effect.fail(
            runyardError("QUEUE_REQUEST_INVALID", {
              message: `--${name} takes a number and m, h or d, or a day: 90m, 12h, 7d, 2026-11-01`,
            }),
          )
        : Effect.succeed({ [name]: found })
    }
    const filter = {
      ...(yield* instant("since", since)),
      ...(yield* instant("until", until)),
      ...(Option.isSome(provider) ? { provider: provider.value } : {}),
    }
    yield* withYard(
      Effect.gen(function* () {
        const ledger = yield* UsageLedger
        const sums = yield* ledger.sums(by, filter, localZone())
        if (json) return sums.forEach((sum) => say(terminalJson({ by, ...sum })))
        report(sums)
      }),
    )
  }),
).pipe(Command.withDescription("Show what runs used and cost"))

/** `runyard budget`: how much the runs of the store may use together, and what is left of it. */
import { Budget, type BudgetReport, fromUsd, Runyard, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Argument, Command, Flag } from "effect/cli"
import { whoGrants } from "../askGrant.ts"
import { say, tell } from "../output.ts"
import { given, optional } from "../requestInput.ts"
import { terminalJson, terminalText } from "@runyard/core/TerminalText"
import { withYard } from "./root.ts"
import { json } from "./runs.ts"

const idArgument = Argument.String("budget").pipe(Argument.withDescription("its id, as errors and reports name it"))
const reason = optional(Flag.String("reason"), "Why, for the log")
const actorOf = (why: Option.Option<string>) => ({ by: whoGrants(), ...given("reason", why) })

const lines = ({ day, from, rule, uses }: BudgetReport): ReadonlyArray<string> => {
  const amount = (value: number) => Budget.amountText(rule.kind, value)
  const who = rule.scope === "all" ? "all runs" : `each ${rule.scope}`
  const head = [
    rule.id,
    `${amount(rule.limit)}${rule.window === "day" ? ` a day (${rule.timeZone ?? "UTC"})` : ""}`,
    rule.subject === undefined ? who : `${rule.scope} ${rule.subject}`,
    ...(rule.unknown === "stop" ? ["stops what is unknown"] : []),
    ...(from === "host" ? ["of this program"] : []),
  ].join("  ")
  const used = uses.map(({ aside, spent, subject, unknown }) => {
    const name = subject.length === 0 ? (day ?? "in all") : subject.join("/")
    const notes = [...(aside > 0 ? [`${amount(aside)} set aside`] : []), ...(unknown > 0 ? [`${unknown} unknown`] : [])]
    return `  ${name}: ${amount(spent)} used${notes.length === 0 ? "" : `, ${notes.join(", ")}`}`
  })
  return [head, ...used].map(terminalText)
}

const list = Command.make(
  "ls",
  { json },
  Effect.fn("budget ls")(function* ({ json }) {
    yield* withYard(
      Effect.gen(function* () {
        const found = yield* (yield* Runyard).budgets.list
        if (found.length === 0 && !json) return tell("No budgets. Set one: runyard budget set daily --usd 20 --per day")
        for (const report of found) for (const line of json ? [terminalJson(report)] : lines(report)) say(line)
      }),
    )
  }),
).pipe(Command.withAlias("list"), Command.withDescription("List budgets, with what is used of them"))

const amounts = ["usd", "tokens", "turns", "minutes"] as const
type Amounts = { readonly [K in (typeof amounts)[number]]: Option.Option<number> }

/** What is counted, and how much of it, in the unit of its kind. Exactly one must be given. */
const limitOf = (input: Amounts) => {
  const [named, ...others] = amounts.filter((name) => Option.isSome(input[name]))
  const value = named === undefined ? undefined : Option.getOrUndefined(input[named])
  if (named === undefined || others.length > 0 || value === undefined || value < 0) {
    return Effect.fail(
      runyardError("QUEUE_REQUEST_INVALID", {
        message: "A budget has one of --usd, --tokens, --turns and --minutes, from 0",
      }),
    )
  }
  switch (named) {
    case "usd":
      return Effect.succeed({ kind: "money" as const, limit: fromUsd(value) })
    case "minutes":
      return Effect.succeed({ kind: "wall" as const, limit: Math.round(value * 60_000) })
    case "tokens":
    case "turns":
      return Effect.succeed({ kind: named, limit: value })
  }
}

const set = Command.make(
  "set",
  {
    budget: idArgument,
    usd: optional(Flag.Finite("usd"), "US dollars"),
    tokens: optional(Flag.Int("tokens"), "Tokens of all kinds"),
    turns: optional(Flag.Int("turns"), "Turns that agents begin"),
    minutes: optional(Flag.Finite("minutes"), "Minutes that attempts take"),
    of: Flag.Literals("of", Budget.BudgetScope.literals).pipe(
      Flag.withDescription("Who shares it: all runs (default), or those of each tenant, workspace, profile or run"),
      Flag.withDefault("all" as const),
    ),
    name: optional(Flag.String("name"), "Only for the tenant, workspace or profile of this name"),
    per: Flag.Literals("per", ["day", "total"]).pipe(
      Flag.withDescription("Anew each day, or once for all (default day)"),
      Flag.withDefault("day" as const),
    ),
    timeZone: optional(Flag.String("time-zone"), "Of the day, such as Europe/Berlin (default: UTC)"),
    unknown: Flag.Literals("unknown", ["allow", "stop"]).pipe(
      Flag.withDescription("What becomes of a run whose use cannot be known (default allow)"),
      Flag.withDefault("allow" as const),
    ),
    reason,
    json,
  },
  Effect.fn("budget set")(function* (input) {
    const rule = {
      id: input.budget,
      scope: input.of,
      window: input.per,
      unknown: input.unknown,
      ...(yield* limitOf(input)),
      ...given("subject", input.name),
      ...given("timeZone", input.timeZone),
    }
    yield* withYard(
      Effect.gen(function* () {
        const { budgets } = yield* Runyard
        yield* budgets.set(rule, actorOf(input.reason))
        const kept = (yield* budgets.list).find(({ rule: { id } }) => id === input.budget)
        if (kept !== undefined) for (const line of input.json ? [terminalJson(kept)] : lines(kept)) say(line)
      }),
    )
  }),
).pipe(Command.withDescription("Limit what runs may use together, for every program on the store"))

const remove = Command.make(
  "remove",
  { budget: idArgument, reason },
  Effect.fn("budget remove")(function* (input) {
    yield* withYard(
      Effect.gen(function* () {
        yield* (yield* Runyard).budgets.remove(input.budget, actorOf(input.reason))
        say(terminalText(`${input.budget}  removed`))
      }),
    )
  }),
).pipe(Command.withDescription("Take a budget back; what was used is remembered"))

export const budget = Command.make("budget").pipe(
  Command.withSubcommands([list, set, remove]),
  Command.withDescription("Say how much runs may use together, and see what is left"),
)

/** `runyard policy explain`: what becomes of each flag of a CLI, and why. */
import { type Adapter, type Decided, decideFlag, type PolicyLayer, runyardError } from "@runyard/core"
import { NodePolicy, NodeProcessHost } from "@runyard/core/node"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Argument, Command, Flag } from "effect/cli"
import { isAdvancedOn, switchAdvanced } from "../advanced.ts"
import { bundledAdapters, dataDirectory } from "../AppLayer.ts"
import { say } from "../output.ts"
import { type Style, styleFor } from "../style.ts"
import { terminalJson, terminalText } from "../terminalText.ts"
import { root } from "./root.ts"

const decisionsOf = ({ flags = {} }: Adapter): ReadonlyArray<Decided> =>
  Object.keys(flags)
    .toSorted()
    .map((flag) => decideFlag(flags, flag))

const render = ({ decision, flag, reason }: Decided, width: number, style: Style): string => {
  const paint = decision === "allowed" ? style.green : decision === "advanced" ? style.yellow : style.red
  return `  ${flag.padEnd(width)}  ${paint(decision.padEnd(8))}  ${style.dim(reason)}`
}

const plainLayer = ({ document, source, unreadable }: PolicyLayer) =>
  unreadable === undefined ? { source, document } : { source, error: unreadable.info }

/** What a layer takes away, one rule a line. */
const renderLayer = ({ document, source, unreadable }: PolicyLayer, style: Style): string => {
  if (unreadable !== undefined) return style.red(terminalText(`Everything is forbidden: ${unreadable.message}`))
  const { version: _version, ...rules } = document
  const lines = Object.entries(rules).map(([name, value]) => `  ${name.padEnd(16)}  ${JSON.stringify(value)}`)
  return [style.bold(terminalText(`Narrowed by ${source}`)), ...lines.map(terminalText)].join("\n")
}

const directoryOf = Effect.map(root, ({ directory }) =>
  Option.getOrElse(directory, () => dataDirectory(NodeProcessHost.processEnv())),
)

const explain = Command.make(
  "explain",
  {
    provider: Argument.String("provider").pipe(
      Argument.withDescription("codex or claude (default: both)"),
      Argument.optional,
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print JSON"), Flag.withDefault(false)),
  },
  Effect.fn("policy explain")(function* ({ json, provider }) {
    const known = bundledAdapters.filter(({ provider: id }) => id !== "scripted")
    const wanted = Option.getOrUndefined(provider)
    const chosen = wanted === undefined ? known : known.filter(({ provider: id }) => id === wanted)
    if (chosen.length === 0) {
      return yield* runyardError("QUEUE_PROVIDER_UNKNOWN", {
        message: `No policy for "${(wanted ?? "").slice(0, 40)}"; there is one for ${known.map(({ provider: id }) => id).join(", ")}`,
      })
    }
    const store = yield* directoryOf
    const advanced = isAdvancedOn(process.env, store)
    const host = yield* NodePolicy.hostLayers(store)
    const layers = [...host, ...(yield* NodePolicy.projectLayers(process.cwd()))]
    if (json) {
      const providers = chosen.map((adapter) => ({ provider: adapter.provider, flags: decisionsOf(adapter) }))
      return say(terminalJson({ advanced, layers: layers.map(plainLayer), providers }, 2))
    }
    const style = styleFor(process.stdout, process.env)
    say(
      advanced
        ? `${style.yellow("!")} What takes away an agent's limits (advanced) is allowed here.`
        : "What takes away an agent's limits (advanced) is refused here.",
    )
    say(layers.length === 0 ? "No policy file of the machine, the user or this project narrows it." : "")
    for (const layer of layers) say(renderLayer(layer, style))
    for (const adapter of chosen) {
      const decisions = decisionsOf(adapter)
      const width = Math.max(...decisions.map(({ flag }) => flag.length))
      say(`\n${style.bold(adapter.name)} (${adapter.provider}); a flag that is not in the list is denied`)
      for (const order of ["allowed", "advanced", "denied"]) {
        for (const each of decisions.filter(({ decision }) => decision === order)) say(render(each, width, style))
      }
    }
  }),
).pipe(Command.withDescription("Say what becomes of each flag of a CLI, and why"))

const advanced = Command.make(
  "advanced",
  { choice: Argument.String("choice").pipe(Argument.withDescription("on or off")) },
  Effect.fn("policy advanced")(function* ({ choice }) {
    if (choice !== "on" && choice !== "off") {
      return yield* runyardError("QUEUE_REQUEST_INVALID", { message: "It is `policy advanced on`, or `off`" })
    }
    const store = yield* directoryOf
    yield* switchAdvanced(store, choice === "on")
    const now = isAdvancedOn(process.env, store)
    say(
      now
        ? "Requests may take away an agent's limits, in programs that start from now on."
        : "What takes away an agent's limits is refused, in programs that start from now on.",
    )
  }),
).pipe(Command.withDescription("Let requests take away an agent's limits, or not"))

export const policy = Command.make("policy").pipe(
  Command.withSubcommands([explain, advanced]),
  Command.withDescription("Say what runs may use"),
)

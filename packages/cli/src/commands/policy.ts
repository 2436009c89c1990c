/** `runyard policy`: what runs may use here and who decided it, and the switch for what takes away an agent's limits. */
import {
  AdapterRegistry,
  Capabilities,
  defaultSettings,
  HostSettings,
  PolicyDesk,
  type PolicyLayer,
  runyardError,
  Workspace,
} from "@runyard/core"
import { NodeCore, NodePolicy, NodeProcessHost } from "@runyard/core/node"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Struct from "effect/Struct"
import { Argument, Command, Flag } from "effect/cli"
import { absolutePath } from "../absolutePath.ts"
import { turnSwitch } from "../advanced.ts"
import { carryOut, decideAdvanced, isAdvancedOn } from "../advancedDecisions.ts"
import { whoGrants } from "../askGrant.ts"
import { bundledAdapters, dataDirectory } from "../AppLayer.ts"
import { say } from "../output.ts"
import { renderExplanation, renderLayer } from "../renderPolicy.ts"
import { styleFor } from "../style.ts"
import { terminalJson } from "@runyard/core/TerminalText"
import { root, withYard } from "./root.ts"

const plainLayer = ({ document, source, unreadable }: PolicyLayer) =>
  unreadable === undefined ? { source, document } : { source, error: unreadable.info }

const directoryOf = Effect.map(root, ({ directory }) =>
  Option.getOrElse(directory, () => dataDirectory(NodeProcessHost.processEnv())),
)

/** Everything that `explain` asks of this machine; no store is opened. */
const machine = Capabilities.layer.pipe(
  Layer.provideMerge(AdapterRegistry.layer(bundledAdapters)),
  Layer.provideMerge(NodeCore.layer(NodeProcessHost.processEnv())),
)

const explain = Command.make(
  "explain",
  {
    provider: Argument.String("provider").pipe(
      Argument.withDescription("codex or claude (default: both)"),
      Argument.optional,
    ),
    cwd: Flag.String("cwd").pipe(
      Flag.withAlias("C"),
      Flag.withDescription("The directory that a run would work in (default: here)"),
      Flag.optional,
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print JSON"), Flag.withDefault(false)),
  },
  Effect.fn("policy explain")(function* ({ cwd, json, provider }) {
    const known = bundledAdapters.filter(({ provider: id }) => id !== "scripted")
    const wanted = Option.getOrUndefined(provider)
    const chosen = wanted === undefined ? known : known.filter(({ provider: id }) => id === wanted)
    if (chosen.length === 0) {
      return yield* runyardError("QUEUE_PROVIDER_UNKNOWN", {
        message: `No policy for "${(wanted ?? "").slice(0, 40)}"; there is one for ${known.map(({ provider: id }) => id).join(", ")}`,
      })
    }
    const store = yield* directoryOf
    const { layers, providers } = yield* Effect.gen(function* () {
      const workspace = yield* Workspace
      const directory = yield* workspace.directory(yield* absolutePath(Option.getOrElse(cwd, () => ".")))
      const policies = yield* NodePolicy.hostLayers(store)
      const settings = Struct.assign(defaultSettings, { policies, allowDangerous: isAdvancedOn(process.env, store) })
      const desk = PolicyDesk.layer.pipe(Layer.provide(Layer.succeed(HostSettings, settings)))
      const explained = PolicyDesk.use(({ explain }) =>
        Effect.forEach(chosen, ({ provider: id }) => explain(id, { cwd: directory }), { concurrency: "unbounded" }),
      )
      return {
        layers: [...policies, ...(yield* workspace.policies(directory))],
        providers: yield* Effect.provide(explained, desk),
      }
    }).pipe(Effect.provide(machine))
    const advanced = providers[0]?.advanced ?? { value: false, source: "this host" }
    if (json) {
      const told = { advanced: advanced.value, layers: layers.map(plainLayer), providers }
      return say(terminalJson(told, 2))
    }
    const style = styleFor(process.stdout, process.env)
    say(
      advanced.value
        ? `${style.yellow("!")} What takes away an agent's limits (advanced) is allowed here.`
        : `What takes away an agent's limits (advanced) is refused here, by ${advanced.source}.`,
    )
    say(layers.length === 0 ? "No policy file of the machine, the user or this project narrows it." : "")
    for (const layer of layers) say(renderLayer(layer, style))
    for (const each of providers) for (const line of renderExplanation(each, style)) say(line)
  }),
).pipe(Command.withDescription("Say what runs may use, why, who decided it, and who sees to it"))

const advanced = Command.make(
  "advanced",
  { choice: Argument.String("choice").pipe(Argument.withDescription("on or off")) },
  Effect.fn("policy advanced")(function* ({ choice }) {
    if (choice !== "on" && choice !== "off") {
      return yield* runyardError("QUEUE_REQUEST_INVALID", { message: "It is `policy advanced on`, or `off`" })
    }
    const store = yield* directoryOf
    const isOn = choice === "on"
    const decision = { on: isOn, by: whoGrants(), at: yield* Clock.currentTimeMillis }
    // Off at once, whatever the store says, and also where it cannot be noted.
    const off = isOn ? Effect.void : turnSwitch(store, decision)
    const takeBack = yield* Effect.onError(decideAdvanced(store, decision), () => Effect.ignore(off))
    yield* off
    yield* Effect.onError(withYard(carryOut(store)), () => (isOn ? takeBack : Effect.void))
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

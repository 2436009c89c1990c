/** `runyard secret set`, `ls`, `rm`: secrets that runs may refer to. No value is ever printed, or taken from the command line. */
import { type SecretEntry, SecretName, SecretStore, type RunyardError, runyardError } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Argument, Command, Flag, Prompt } from "effect/cli"
import { secretLayer } from "../AppLayer.ts"
import { say, tell } from "../output.ts"
import { pipedText } from "../pipedText.ts"
import { styleFor } from "../style.ts"
import { terminalJson, terminalText } from "@runyard/core/TerminalText"
import { root } from "./root.ts"

/** More than any secret has. */
const maxStdin = 64 * 1024

/** What was typed in place of a name may be the secret itself, so that it is not repeated. */
const readName = (text: string): Effect.Effect<SecretName, RunyardError> =>
  Schema.decodeEffect(SecretName)(text).pipe(
    Effect.mapError(() =>
      runyardError("QUEUE_REQUEST_INVALID", {
        message: "This is no name of a secret",
        remedy: "A name has capital letters, digits and underscores, at most 64, and a letter first: GITHUB_TOKEN.",
      }),
    ),
  )

const nameArgument = Argument.String("name").pipe(
  Argument.withDescription("capital letters, digits and underscores, such as GITHUB_TOKEN"),
)

const withSecrets = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { directory } = yield* root
    return yield* Effect.provide(effect, secretLayer({ directory: Option.getOrUndefined(directory) }))
  })

const piped = pipedText(
  maxStdin,
  runyardError("SECRET_VALUE_INVALID", { message: "The value on stdin is longer than any secret may be" }),
).pipe(
  // The line end that `echo` and editors add is not part of it.
  Effect.map((text) => Redacted.make(text.replace(/\r?\n$/, ""))),
)

const asked = (name: SecretName) =>
  Prompt.run(Prompt.Hidden({ message: `Value of ${name} (not shown)` })).pipe(
    Effect.mapError(() =>
      runyardError("SECRET_VALUE_INVALID", {
        message: "No value was given; nothing has changed",
        remedy: "Run it again and type the value, or pipe it in.",
      }),
    ),
  )

const entry = (name: SecretName) =>
  SecretStore.use(({ list }) => Effect.map(list, (entries) => entries.find((other) => other.name === name)))

const placeText = ({ place, shadowed }: SecretEntry): string =>
  shadowed.length === 0 ? place : `${place} (not used: ${shadowed.join(", ")})`

/** Says why secrets are not kept in a stronger place. */
const tellRefusals = Effect.gen(function* () {
  const { refused } = yield* SecretStore.use(({ report }) => report)
  const style = styleFor(process.stderr, process.env)
  for (const { place, reason } of refused) tell(style.dim(`  not ${place}: ${terminalText(reason)}`))
})

const set = Command.make(
  "set",
  // Variadic, because the parser would repeat what it did not expect, and that is likely to be the value.
  { words: Argument.variadic(nameArgument, { min: 1 }) },
  Effect.fn("secret.set")(function* ({ words: [text = "", ...others] }) {
    if (others.length > 0) {
      return yield* runyardError("QUEUE_REQUEST_INVALID", {
        message: "A value is never taken from the command line, where `ps` and the shell's history keep it",
        remedy: "Pipe it in, or be asked for it. If that was the value, replace it where it comes from.",
      })
    }
    const name = yield* readName(text)
    const { quiet } = yield* root
    const value = yield* process.stdin.isTTY ? asked(name) : piped
    yield* withSecrets(
      Effect.gen(function* () {
        const place = yield* SecretStore.use((store) => store.set(name, value))
        if (quiet) return
        say(`${name}  ${place}`)
        const used = yield* entry(name)
        if (used !== undefined && used.place !== place) tell(`  ${used.place} has another one, which is used`)
        yield* tellRefusals
      }),
    )
  }),
).pipe(Command.withDescription("Keep a secret: its value is piped in, or asked for"))

const ls = Command.make(
  "ls",
  { json: Flag.Boolean("json").pipe(Flag.withDescription("Print one entry a line"), Flag.withDefault(false)) },
  Effect.fn("secret.ls")(function* ({ json }) {
    const { quiet } = yield* root
    yield* withSecrets(
      Effect.gen(function* () {
        const entries = yield* SecretStore.use(({ list }) => list)
        for (const found of entries) say(json ? terminalJson(found) : `${found.name}  ${placeText(found)}`)
        if (json || quiet) return
        if (entries.length === 0) tell("No secrets yet. Keep one: runyard secret set NAME")
        yield* tellRefusals
      }),
    )
  }),
).pipe(Command.withDescription("List the names of secrets, and where they are kept"))

const rm = Command.make(
  "rm",
  { name: nameArgument },
  Effect.fn("secret.rm")(function* ({ name: text }) {
    const name = yield* readName(text)
    yield* withSecrets(SecretStore.use((store) => store.remove(name)))
  }),
).pipe(Command.withDescription("Forget a secret"))

export const secret = Command.make("secret").pipe(
  Command.withDescription("Keep secrets that runs may refer to"),
  Command.withSubcommands([set, ls, rm]),
)

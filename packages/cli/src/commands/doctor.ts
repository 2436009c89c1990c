/** `runyard doctor`: which CLIs are there, whether they can be used, and what to do. */
import {
  type Breaker,
  type ContainmentReport,
  type Diagnosis,
  Runyard,
  type RunyardError,
  SecretStore,
  type SecretStoreReport,
} from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Command, Flag } from "effect/cli"
import { say } from "../output.ts"
import { localTime } from "../render.ts"
import { type Style, styleFor } from "../style.ts"
import { terminalJson, terminalText } from "@runyard/core/TerminalText"
import { withYard } from "./root.ts"

const render = (diagnosis: Diagnosis, style: Style): ReadonlyArray<string> => {
  const { name, provider, error, executable, profile, auth } = diagnosis
  if (error !== undefined) {
    return [
      `${style.red("✗")} ${name} (${provider}): ${terminalText(error.message)}`,
      style.dim(`  ${error.code}: ${terminalText(error.remedy)}`),
    ]
  }
  const usable = profile?.status !== "blocked" && auth?.state !== "missing"
  const mark = usable ? (profile?.status === "supported" ? style.green("✓") : style.yellow("!")) : style.red("✗")
  return [
    `${mark} ${name} (${provider}) ${terminalText(profile?.version ?? "of unknown version")}: ${profile?.status ?? "unknown"}`,
    style.dim(`  ${terminalText(executable ?? "")}`),
    ...(profile?.message === undefined ? [] : [`  ${terminalText(profile.message)}`]),
    ...(auth === undefined ? [] : [`  login: ${auth.state}. ${terminalText(auth.message)}`]),
  ]
}

/** The same for all of them, so it is said once. */
const renderContainment = (
  { containment, message, refused }: ContainmentReport,
  style: Style,
): ReadonlyArray<string> => [
  `${containment === "portable" ? style.yellow("!") : style.green("✓")} containment: ${containment}`,
  `  ${terminalText(message)}`,
  ...refused.map((other) => style.dim(`  not ${other.containment}: ${terminalText(other.reason)}`)),
]

const renderSecrets = (found: Result.Result<SecretStoreReport, RunyardError>, style: Style): ReadonlyArray<string> => {
  if (Result.isFailure(found)) {
    const { code, message, remedy } = found.failure
    return [`${style.red("✗")} secrets: ${terminalText(message)}`, style.dim(`  ${code}: ${terminalText(remedy)}`)]
  }
  const { message, place, refused } = found.success
  return [
    `${refused.length > 0 ? style.yellow("!") : style.green("✓")} secrets: ${place}`,
    `  ${terminalText(message)}`,
    ...refused.map((other) => style.dim(`  not ${other.place}: ${terminalText(other.reason)}`)),
  ]
}

/** What keeps runs from starting, on this store. */
const renderBreaker = ({ account, state }: Breaker, style: Style): ReadonlyArray<string> => {
  const name = terminalText(account)
  switch (state._tag) {
    case "Closed":
      return []
    case "Open":
      return [`${style.yellow("!")} ${name}: no run is started before ${localTime(state.until)}, after ${state.code}`]
    case "HalfOpen":
      return [`${style.yellow("!")} ${name}: one run tries it for all, after ${state.code}`]
  }
}

export const doctor = Command.make(
  "doctor",
  { json: Flag.Boolean("json").pipe(Flag.withDescription("Print JSON"), Flag.withDefault(false)) },
  Effect.fn("doctor")(function* ({ json }) {
    yield* withYard(
      Effect.gen(function* () {
        const yard = yield* Runyard
        const found = yield* yard.diagnose
        const breakers = yield* Effect.orElseSucceed(yard.breakers, () => [])
        const secrets = yield* Effect.result(SecretStore.use(({ report }) => report))
        if (json) {
          const plain = found.map(({ error, ...rest }) => ({
            ...rest,
            ...(error === undefined ? {} : { error: error.info }),
            breakers: breakers.filter(({ account }) => account.split("/")[0] === rest.provider),
            secrets: Result.isSuccess(secrets) ? secrets.success : { error: secrets.failure.info },
          }))
          return say(terminalJson(plain, 2))
        }
        const style = styleFor(process.stdout, process.env)
        for (const diagnosis of found) for (const line of render(diagnosis, style)) say(line)
        for (const breaker of breakers) for (const line of renderBreaker(breaker, style)) say(line)
        const containment = found.find((diagnosis) => diagnosis.containment !== undefined)?.containment
        if (containment !== undefined) for (const line of renderContainment(containment, style)) say(line)
        for (const line of renderSecrets(secrets, style)) say(line)
      }),
    )
  }),
).pipe(Command.withDescription("Check the installed CLIs"))

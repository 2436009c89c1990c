/** Which CLIs are there, which versions, and what those can do. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { type Adapter, AuthStatus, CapabilityProfile, type ProbeOutput } from "./Adapter.ts"
import { childEnvironment } from "./ChildEnvironment.ts"
import { HostSettings } from "./HostSettings.ts"
import { ContainmentReport, ProcessHost } from "./ProcessHost.ts"
import { ErrorInfo, type RunyardError, runyardError } from "./RunyardError.ts"

/** An installed CLI. */
export interface Installation {
  readonly executable: string
  readonly profile: CapabilityProfile
}

export interface Diagnosis extends Partial<Installation> {
  readonly provider: string
  readonly name: string
  readonly auth?: AuthStatus
  /** What would keep its processes together. */
  readonly containment?: ContainmentReport
  /** Why it cannot be used, with the remedy. */
  readonly error?: RunyardError
}

/** The same as it is told to others: an error without its cause. */
export const Diagnosis = Schema.Struct({
  provider: Schema.String,
  name: Schema.String,
  executable: Schema.optionalKey(Schema.String),
  profile: Schema.optionalKey(CapabilityProfile),
  auth: Schema.optionalKey(AuthStatus),
  containment: Schema.optionalKey(ContainmentReport),
  error: Schema.optionalKey(ErrorInfo),
})

/** What is known of the CLI at a path, and until when. */
interface Known {
  readonly turn: Semaphore.Semaphore
  profile: CapabilityProfile | undefined
  until: number
}

/** A probe that takes longer has hung: old versions ask the model when they do not know the command. */
const probeTimeout = "15 seconds"
const maxProbeOutput = 64 * 1024
/** What the CLI leaves running may hold its pipes: they are read for this long after it has ended. */
const drainGrace = "300 millis"
/** CLIs update themselves while a host lives, so what was found out is asked again after this, in milliseconds. */
const profileLife = 60_000

export class Capabilities extends Context.Service<
  Capabilities,
  {
    /**
     * Finds the CLI and asks for its version, at most once a minute for each provider and path. Fails with `CLI_NOT_FOUND`,
     * `CLI_SPAWN_FAILED`.
     */
    readonly installation: (adapter: Adapter) => Effect.Effect<Installation, RunyardError>
    /** Finds out everything without asking a network or a model; never fails. */
    readonly diagnose: (adapter: Adapter) => Effect.Effect<Diagnosis>
  }
>()("@runyard/core/Capabilities") {
  static readonly layer = Layer.effect(
    Capabilities,
    Effect.gen(function* () {
      const processes = yield* ProcessHost
      const settings = yield* HostSettings
      const known = new Map<string, Known>()
      let probes = 0

      const probe = (adapter: Adapter, program: string, args: ReadonlyArray<string>) =>
        Effect.scoped(
          Effect.gen(function* () {
            const child = yield* processes.spawn({
              program,
              args,
              env: childEnvironment(processes.env, adapter, {}).env,
              cwd: "/",
              stdin: { kind: "closed" },
              // Its own for each: the end of one probe sweeps by the marker.
              marker: `probe-${processes.self.id}-${++probes}`,
            })
            const said = { stdout: "", stderr: "" }
            const read = (name: keyof typeof said) =>
              Stream.runForEach(child[name], (chunk) =>
                Effect.sync(() => {
                  if (said[name].length < maxProbeOutput) said[name] += chunk
                }),
              )
            const reading = Effect.all([read("stdout"), read("stderr")], { concurrency: "unbounded", discard: true })
            yield* Effect.raceFirst(reading, Effect.andThen(child.exit, Effect.sleep(drainGrace)))
            return { ...said, exit: yield* child.exit } satisfies ProbeOutput
          }),
        ).pipe(
          Effect.timeoutOrElse({
            duration: probeTimeout,
            orElse: () =>
              Effect.fail(
                runyardError("CLI_SPAWN_FAILED", { message: `${adapter.name} did not answer its version probe` }),
              ),
          }),
        )

      const resolve = (adapter: Adapter): Effect.Effect<string, RunyardError> => {
        const named = settings.executables[adapter.provider] ?? processes.env[adapter.executable.variable]
        const names = named === undefined || named === "" ? adapter.executable.names : [named]
        return Effect.mapError(Effect.firstSuccessOf(names.map((name) => processes.resolve(name))), (error) =>
          error.code === "CLI_NOT_FOUND"
            ? runyardError("CLI_NOT_FOUND", {
                message: `${adapter.name} was not found: ${error.message}`,
                remedy: `${adapter.executable.install} Or set ${adapter.executable.variable} to its path.`,
                detail: { ...error.detail, provider: adapter.provider },
              })
            : error,
        )
      }

      const installation = Effect.fn("Capabilities.installation")(function* (adapter: Adapter) {
        const executable = yield* resolve(adapter)
        // Two providers may be scripts of one interpreter.
        const key = `${adapter.provider} ${executable}`
        const entry = known.get(key) ?? { turn: Semaphore.makeUnsafe(1), profile: undefined, until: 0 }
        known.set(key, entry)
        // Those who ask at the same time wait for one probe.
        const profile = yield* entry.turn.withPermits(1)(
          Effect.gen(function* () {
            if (entry.profile !== undefined && (yield* Clock.currentTimeMillis) < entry.until) return entry.profile
            const version = adapter.version.read(yield* probe(adapter, executable, adapter.version.args))
            const found = adapter.version.assess(version)
            // A CLI that did not tell may be in the middle of its update.
            entry.profile = version === undefined ? undefined : found
            entry.until = (yield* Clock.currentTimeMillis) + profileLife
            return found
          }),
        )
        return { executable, profile }
      })

      const diagnose = Effect.fn("Capabilities.diagnose")(function* (adapter: Adapter) {
        const { provider, name } = adapter
        const found = yield* Effect.result(installation(adapter))
        if (found._tag === "Failure") return { provider, name, error: found.failure }
        const args = adapter.auth.args(found.success.profile)
        const output =
          args === undefined
            ? undefined
            : yield* probe(adapter, found.success.executable, args).pipe(Effect.orElseSucceed(() => undefined))
        const env = new Set(Object.keys(childEnvironment(processes.env, adapter, {}).env))
        const containment = yield* Effect.result(processes.containment)
        return {
          provider,
          name,
          ...found.success,
          auth: adapter.auth.read(output, env),
          ...(containment._tag === "Success" ? { containment: containment.success } : { error: containment.failure }),
        }
      })

      return Capabilities.of({ installation, diagnose })
    }),
  )
}

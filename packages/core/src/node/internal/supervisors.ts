/** Chooses the containment of this machine, and keeps one supervisor ready, so that a run does not wait for one. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { ContainmentReport } from "../../ProcessHost.ts"
import type { Containment } from "../../Run.ts"
import { runyardError, type RunyardError } from "../../RunyardError.ts"
import { type Launcher, type Refusal, startSupervisor, type Supervisor } from "./supervisor.ts"
import { containmentOf, type Tier } from "./supervisorProgram.ts"

/** What a host asks for: a certain containment, or the strongest that leaves the agent's world as it is. */
export type ContainmentChoice = Containment | "auto"
export const containmentChoices: ReadonlyArray<ContainmentChoice> = [
  "auto",
  "pid-namespace",
  "cgroup",
  "subreaper",
  "portable",
]

/** Never by PATH, where a workspace could have put its own. */
const perls = ["/usr/bin/perl", "/usr/local/bin/perl", "/bin/perl"]
const systemdRun = "/usr/bin/systemd-run"

/** Supervisors to ask for, one after the other. */
interface Attempt {
  readonly launcher: Launcher
  readonly tiers: ReadonlyArray<Tier>
}

export interface Supervisors {
  /** A supervisor for one program; undefined where nothing but the portable containment is to be had. */
  readonly take: Effect.Effect<Supervisor | undefined, RunyardError>
  /** Makes the next one ready, if somebody has taken one before. */
  readonly refill: Effect.Effect<void>
  readonly report: Effect.Effect<ContainmentReport, RunyardError>
  /** Ends the one that is ready. */
  readonly close: Effect.Effect<void>
}

/** Where systemd runs, it alone may change the tree of groups: a group is asked of it. Elsewhere it is made. */
const groupAttempts = (perl: Launcher, env: Readonly<Record<string, string>>): ReadonlyArray<Attempt> => {
  if (!fs.existsSync("/run/systemd/system")) return [{ launcher: perl, tiers: ["cgroup"] }]
  const runtime = env["XDG_RUNTIME_DIR"]
  if (runtime === undefined || !fs.existsSync(path.join(runtime, "systemd/private"))) return []
  const args = [
    "--user",
    "--scope",
    "--quiet",
    "--collect",
    "--property=Delegate=yes",
    "--description=Runyard run",
    "--",
    perl.program,
  ]
  const bus = env["DBUS_SESSION_BUS_ADDRESS"]
  return [
    {
      launcher: {
        program: systemdRun,
        args,
        env: { XDG_RUNTIME_DIR: runtime, ...(bus === undefined ? {} : { DBUS_SESSION_BUS_ADDRESS: bus }) },
      },
      tiers: ["cgroup"],
    },
  ]
}

const attemptsFor = (
  choice: ContainmentChoice,
  env: Readonly<Record<string, string>>,
): { readonly attempts: ReadonlyArray<Attempt>; readonly refused: ReadonlyArray<Refusal> } => {
  if (choice === "portable") return { attempts: [], refused: [] }
  const program = process.platform === "linux" ? perls.find((file) => fs.existsSync(file)) : undefined
  if (program === undefined) {
    const reason = process.platform === "linux" ? "perl is not installed" : `not on ${process.platform}`
    const tiers: ReadonlyArray<Tier> = ["pid-namespace", "cgroup", "subreaper"]
    return { attempts: [], refused: tiers.map((tier) => ({ tier, reason, lasting: true })) }
  }
  const perl: Launcher = { program, args: [], env: {} }
  const group = groupAttempts(perl, env)
  const noGroup: ReadonlyArray<Refusal> =
    group.length === 0
      ? [{ tier: "cgroup", reason: "no user manager of systemd answers for this user", lasting: true }]
      : []
  switch (choice) {
    case "pid-namespace":
      // By name only: in a user namespace the files of root belong to nobody, which `ssh` and `sudo` do not accept.
      return { attempts: [{ launcher: perl, tiers: ["pid-namespace", "user-namespace"] }], refused: [] }
    case "cgroup":
      return { attempts: group, refused: noGroup }
    case "subreaper":
      return { attempts: [{ launcher: perl, tiers: ["subreaper"] }], refused: [] }
    case "auto":
      return {
        attempts: [{ launcher: perl, tiers: ["pid-namespace"] }, ...group, { launcher: perl, tiers: ["subreaper"] }],
        refused: noGroup,
      }
    default:
      return { attempts: [], refused: [] }
  }
}

/** Attempts of one launcher in a row are one question. */
const merged = (attempts: ReadonlyArray<Attempt>): ReadonlyArray<Attempt> =>
  attempts.reduce<ReadonlyArray<Attempt>>((done, attempt) => {
    const last = done.at(-1)
    return last?.launcher === attempt.launcher
      ? [...done.slice(0, -1), { ...last, tiers: [...last.tiers, ...attempt.tiers] }]
      : [...done, attempt]
  }, [])

const sentences: Readonly<Record<Tier | "portable", string>> = {
  "pid-namespace": "Runs get a PID namespace of their own; the kernel ends all of it at once, also when the host dies.",
  "user-namespace":
    "Runs get a PID namespace in a user namespace of their own; files of root show as nobody's there, which ssh and sudo refuse.",
  cgroup:
    "Runs get a control group of their own; the kernel ends all of it at once, and a supervisor when the host dies.",
  subreaper: "Orphans of a run come back to its supervisor, which ends all of them, also when the host dies.",
  portable:
    "Processes are searched for by parentage, group, environment and pipes; what gives up all four is not found.",
}

/** @param env where the user's service manager is looked for. */
export const makeSupervisors = (choice: ContainmentChoice, env: Readonly<Record<string, string>>): Supervisors => {
  const turn = Semaphore.makeUnsafe(1)
  let refused: ReadonlyArray<Refusal> = []
  let settled: Attempt | undefined
  let spare: Supervisor | undefined
  let closed = false
  let known: Tier | "portable" | undefined

  const ask = Effect.fnUntraced(function* (first: Attempt) {
    let { tiers } = first
    // A supervisor that failed half-way through a namespace leaves the other tiers to a new one.
    while (tiers.length > 0) {
      const found = yield* Effect.result(startSupervisor(first.launcher, tiers))
      const why = found._tag === "Success" ? found.success.refused : found.failure
      refused = [...refused.filter(({ lasting, tier }) => lasting && why.every((each) => each.tier !== tier)), ...why]
      if (found._tag === "Success") {
        // What was refused for the moment may be had the next time.
        if (refused.every(({ lasting }) => lasting)) {
          settled = { launcher: first.launcher, tiers: [found.success.tier] }
        }
        known = found.success.tier
        return found.success
      }
      tiers = tiers.filter((tier) => why.every((refusal) => refusal.tier !== tier))
    }
    return undefined
  })

  const unavailable = () =>
    runyardError("CLI_CONTAINMENT_UNAVAILABLE", {
      message: containmentChoices.includes(choice)
        ? `The containment ${choice} is not to be had here: ${reasons()}`
        : `There is no containment ${JSON.stringify(choice)}: choose one of ${containmentChoices.join(", ")}`,
      detail: { containment: choice },
    })

  const reasons = () => refused.map(({ tier, reason }) => `${tier}: ${reason}`).join("; ")
  const notNow = () =>
    runyardError("CLI_SPAWN_FAILED", { message: `The supervisor of the run could not be started (${reasons()})` })

  const start = Effect.gen(function* () {
    if (known === "portable") return undefined
    // What held the runs before holds the next one, too, or it is not started.
    if (settled !== undefined) return (yield* ask(settled)) ?? (yield* notNow())
    const plan = attemptsFor(choice, env)
    refused = plan.refused
    for (const attempt of merged(plan.attempts)) {
      const supervisor = yield* ask(attempt)
      if (supervisor !== undefined) return supervisor
    }
    if (refused.some(({ lasting }) => !lasting)) return yield* notNow()
    if (choice !== "auto" && choice !== "portable") return yield* unavailable()
    known = "portable"
    return undefined
  })

  // Uninterruptible: one that stands already would be forgotten.
  const ready = Effect.uninterruptible(
    turn.withPermits(1)(
      Effect.gen(function* () {
        if (closed || spare?.isAlive() === true) return
        const next = yield* start
        next?.hold(false)
        if (closed) yield* next?.dismiss ?? Effect.void
        else spare = next
      }),
    ),
  )

  return {
    take: Effect.suspend(() => {
      const taken = spare
      spare = undefined
      // Those who ask before it is known what is to be had wait for one answer.
      const next = settled === undefined ? turn.withPermits(1)(start) : start
      if (taken?.isAlive() !== true) return next
      if (taken.user !== process.geteuid?.()) return Effect.andThen(taken.dismiss, next)
      taken.hold(true)
      return Effect.succeed(taken)
    }),
    refill: Effect.suspend(() => (known === undefined || known === "portable" ? Effect.void : Effect.ignore(ready))),
    report: Effect.gen(function* () {
      if (known === undefined) yield* ready
      const tier = known ?? "portable"
      return {
        containment: tier === "portable" ? tier : containmentOf(tier),
        message: sentences[tier],
        refused: refused.map((refusal) => ({ containment: containmentOf(refusal.tier), reason: refusal.reason })),
      }
    }),
    close: Effect.suspend(() => {
      closed = true
      const last = spare
      spare = undefined
      return last?.dismiss ?? Effect.void
    }),
  }
}

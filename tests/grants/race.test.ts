/**
 * Somebody swaps a granted directory for a link to another place, thousands of times a second, while runs are started in
 * it: no agent ever begins in that other place. `RUNYARD_RACE_TRIES` says how many runs each containment starts; 10,000
 * take a few minutes.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ProcessHost, Runyard } from "@runyard/core"
import { NodeCore, type NodeProcessHost } from "@runyard/core/node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { hostOf, makePlace, type Place } from "./place.ts"

const tries = Number(process.env["RUNYARD_RACE_TRIES"] ?? "150")

const exchangeNumber = { x64: 316, arm64: 276 }[process.arch as string]
const perl = "/usr/bin/perl"
const missing =
  process.platform !== "linux" || exchangeNumber === undefined || !existsSync(perl) ? ": not on this system" : ""

/** Exchanges two names at once, without a moment in which one of them is not there, until it is killed. */
const startSwapping = async (left: string, right: string): Promise<ChildProcess> => {
  const program = String.raw`$| = 1; print "ready\n"; my ($l, $r) = @ARGV; while (1) { syscall(${exchangeNumber}, -100, $l, -100, $r, 2) == 0 or die $! } `
  const child = spawn(perl, ["-e", program, left, right], { stdio: ["ignore", "pipe", "inherit"] })
  await once(child.stdout, "data")
  return child
}

const available = async (containment: NodeProcessHost.ContainmentChoice): Promise<string> =>
  Effect.runPromise(
    ProcessHost.use((host) => host.containment).pipe(
      Effect.provide(NodeCore.layer(undefined, { containment })),
      Effect.match({ onFailure: ({ message }) => `: ${message}`, onSuccess: () => "" }),
    ),
  )

/** What becomes of so many runs in a path that is swapped meanwhile. */
const race = async (place: Place, containment: NodeProcessHost.ContainmentChoice, cwd: string) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const yard = yield* Runyard
      const one = yard.submit({ provider: "fake", prompt: "hello", cwd }).pipe(
        Effect.flatMap(({ id }) => yard.await(id)),
        Effect.map(({ error, state }): string => error?.code ?? state),
        Effect.catch(({ code }) => Effect.succeed(`refused ${code}`)),
      )
      return yield* Effect.replicateEffect(one, tries, { concurrency: 4 })
    }).pipe(Effect.provide(hostOf(place, containment))),
  )

const count = (outcomes: ReadonlyArray<string>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

const allowed = [
  "succeeded",
  "refused POLICY_NO_GRANT",
  "refused IO_DIRECTORY_UNREADABLE",
  "POLICY_NO_GRANT",
  "POLICY_DIRECTORY_CHANGED",
  "IO_DIRECTORY_UNREADABLE",
]

describe.runIf(missing === "")(`A directory that is swapped for a link${missing}`, () => {
  for (const containment of ["auto", "subreaper", "portable"] as const) {
    it(`is where the agent begins, or nothing begins (${containment})`, { timeout: 1_200_000 }, async ({ skip }) => {
      const why = await available(containment)
      if (why !== "") skip(why)
      const place = makePlace()
      // The directory itself, and one above it, each with a link beside it that leads out.
      const parent = join(place.granted, "parent")
      mkdirSync(join(parent, "inside"), { recursive: true })
      writeFileSync(join(parent, "inside", "marker"), "granted\n")
      const swaps = [
        [join(place.granted, "inside"), join(place.base, "link-1"), join(place.secret, "inside")],
        [parent, join(place.base, "link-2"), place.secret],
      ] as const
      const swappers: Array<ChildProcess> = []
      try {
        for (const [name, link, target] of swaps) {
          symlinkSync(target, link)
          swappers.push(await startSwapping(name, link))
        }
        const outcomes = [
          ...(await race(place, containment, join(place.granted, "inside"))),
          ...(await race(place, containment, join(parent, "inside"))),
        ]
        const counts = count(outcomes)
        assert.deepStrictEqual(
          Object.keys(counts).filter((outcome) => !allowed.includes(outcome)),
          [],
          JSON.stringify(counts),
        )
        // The probe for the version works in the root directory.
        const begun = place.starts().filter((line) => !line.includes("--version"))
        assert.deepStrictEqual(
          begun.filter((line) => !line.startsWith("granted ")),
          [],
        )
        if (process.env["RUNYARD_RACE_TRIES"] !== undefined) console.log(containment, counts, `${begun.length} begun`)
      } finally {
        for (const swapper of swappers) {
          const ended = once(swapper, "exit")
          swapper.kill("SIGKILL")
          await ended
        }
        place.remove()
      }
    })
  }
})

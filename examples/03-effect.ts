/**
 * The same services as Effect: two runs at once, the second one read from the log of all runs.
 * `npx node --conditions=@runyard/source examples/03-effect.ts [provider]`
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { isTerminalEvent, Runyard } from "@runyard/core"
import { Console, Effect, Stream } from "effect"
import { appLayer } from "runyard"

const provider = process.argv[2] ?? "scripted"

/** A directory that goes with the scope. */
const temporaryDirectory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "runyard-example-"))),
  (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true })),
)

const program = Effect.gen(function* () {
  const yard = yield* Runyard
  // Once at the start of a host: ends what a crashed program left behind.
  yield* yard.recover

  const request = (title: string) => ({ provider, prompt: "Say hello.", cwd: process.cwd(), title })
  const runs = yield* Effect.forEach(["first", "second"], (title) => yard.submit(request(title)), { concurrency: 2 })

  // One cursor over all runs: ends after the second terminal event.
  yield* yard.allEvents().pipe(
    Stream.filter(({ event }) => isTerminalEvent(event)),
    Stream.take(runs.length),
    Stream.runForEach(({ cursor, event }) => Console.log(`${event.type} at cursor ${cursor}`)),
  )

  const ended = yield* Effect.forEach(runs, ({ id }) => yard.await(id))
  for (const { request, state } of ended) yield* Console.log(`${request.title}: ${state}`)
  return ended.every(({ state }) => state === "succeeded")
})

/** A request that cannot be run is an error with a code, before anything is stored. */
const refused = Runyard.use((yard) => yard.submit({ provider: "nobody", prompt: "Hello", cwd: process.cwd() })).pipe(
  Effect.catchTag("RunyardError", ({ code, message }) => Console.log(`${code}: ${message}`)),
)

const main = Effect.scoped(
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    return yield* Effect.andThen(refused, program).pipe(
      Effect.provide(appLayer({ directory, workspaces: [process.cwd()], concurrency: { global: 2, perProvider: 2 } })),
    )
  }),
)

process.exitCode = (await Effect.runPromise(main)) ? 0 : 1

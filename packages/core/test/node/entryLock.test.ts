import { spawn } from "node:child_process"
import { once } from "node:events"
import { statSync } from "node:fs"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { entryLock } from "../../src/node/internal/entryLock.ts"
import { SecretName } from "../../src/SecretReference.ts"
import { temporaryDirectory } from "./secretPlaces.ts"
import { programAt } from "../../../../tests/support/programs.ts"

const name = SecretName.make("TOKEN")
const other = SecretName.make("OTHER")
const fixture = path.join(path.dirname(fileURLToPath(import.meta.url)), "../fixtures/secret-lock.ts")

/** Another program that has the lock until it is killed. */
const holder = (directory: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const args = [...programAt(fixture), directory, name]
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
      const line = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
      assert.strictEqual(line.value, "held")
      return child
    }),
    (child) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill("SIGKILL")
        await once(child, "exit")
      }),
  )

describe("entryLock", () => {
  it.live("lets one in at a time, whichever lock of that directory they have, and however they end", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const locks = [entryLock(directory), entryLock(directory)]
      let inside = 0
      let most = 0
      let through = 0
      const visit = (index: number) =>
        Effect.gen(function* () {
          most = Math.max(most, ++inside)
          yield* Effect.sleep("2 millis")
          through += 1
          if (index % 3 === 0) return yield* Effect.die("a defect inside")
        }).pipe(Effect.ensuring(Effect.sync(() => inside--)))
      const visits = Array.from({ length: 24 }, (_, index) =>
        Effect.exit((locks[index % 2] ?? entryLock(directory))(name)(visit(index))),
      )
      const exits = yield* Effect.all(visits, { concurrency: "unbounded" })
      assert.strictEqual(through, 24)
      assert.strictEqual(most, 1)
      assert.strictEqual(exits.filter(Exit.isFailure).length, 8)
      assert.strictEqual(statSync(path.join(directory, "locks", "TOKEN.lock")).mode & 0o777, 0o600)
    }),
  )

  it.live("makes who comes later wait for another program, and nobody for one that was killed", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const lock = entryLock(directory)
      const child = yield* holder(directory)
      assert.isTrue(Option.isNone(yield* Effect.timeoutOption(lock(name)(Effect.void), "200 millis")))
      // Another name is another matter.
      yield* lock(other)(Effect.void)
      const waiting = yield* Effect.forkChild(lock(name)(Effect.succeed("in")))
      child.kill("SIGKILL")
      assert.strictEqual(yield* Fiber.join(waiting), "in")
    }),
  )

  it.live("is let go of by who is interrupted, inside or while it waits", () =>
    Effect.gen(function* () {
      const lock = entryLock(yield* temporaryDirectory)
      const inside = Promise.withResolvers<void>()
      const first = yield* Effect.forkChild(lock(name)(Effect.andThen(Effect.sync(inside.resolve), Effect.never)))
      yield* Effect.promise(() => inside.promise)
      const second = yield* Effect.forkChild(lock(name)(Effect.void))
      yield* Fiber.interrupt(second)
      yield* Fiber.interrupt(first)
      yield* lock(name)(Effect.void)
    }),
  )

  it.live("fails with SECRET_BUSY where nobody ever lets go", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* holder(directory)
      const error = yield* Effect.flip(entryLock(directory, 3)(name)(Effect.void))
      assert.strictEqual(error.code, "SECRET_BUSY")
    }),
  )
})

import { type ChildProcessByStdio, spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as path from "node:path"
import { createInterface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { FileSecretStore } from "../../src/node/index.ts"
import { SecretName } from "../../src/SecretReference.ts"
import { suite } from "../../src/testing/SecretStoreTest.ts"
import { bytesBelow, modesBelow, temporaryDirectory } from "./secretPlaces.ts"
import { programAt } from "../../../../tests/support/programs.ts"

const name = SecretName.make("TOKEN")
const other = SecretName.make("OTHER")
const value = "fake-value-that-nobody-has"
const secret = Redacted.make(value)
const passphrase = Redacted.make("fake horse battery staple")

const place = Effect.map(temporaryDirectory, (directory) => path.join(directory, "data", "secrets"))

suite(
  "encrypted file",
  "file",
  Effect.map(place, (directory) => FileSecretStore.layer({ directory })),
)

const codeOf = <A, E extends { readonly code: string }>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), ({ code }): string => code)

/** Changes the JSON of a file in a directory. */
const tamper = (
  directory: string,
  file: string,
  change: (json: Record<string, unknown>) => Record<string, unknown>,
) => {
  const at = path.join(directory, file)
  fs.writeFileSync(at, JSON.stringify(change(JSON.parse(fs.readFileSync(at, "utf8")) as Record<string, unknown>)))
}
const flipBit = (base64: unknown, byte: number): string => {
  const bytes = Buffer.from(String(base64), "base64")
  const at = byte < 0 ? bytes.length + byte : byte
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes.toString("base64")
}

describe("FileSecretStore", () => {
  it.live("is private, and no byte of it is the value", () =>
    Effect.gen(function* () {
      for (const options of [{}, { passphrase }]) {
        const directory = yield* place
        const store = FileSecretStore.make({ directory, ...options })
        yield* store.set(name, secret)
        yield* store.set(other, Redacted.make("fake-second-value"))
        assert.strictEqual(fs.statSync(directory).mode & 0o777, 0o700)
        for (const [file, mode] of modesBelow(directory))
          assert.strictEqual(mode, file === "locks" ? "700" : "600", file)
        const bytes = bytesBelow(directory)
        for (const text of [value, Redacted.value(passphrase)]) {
          assert.notInclude(bytes, text)
          assert.notInclude(bytes, Buffer.from(text).toString("base64").slice(0, 20))
        }
        assert.notInclude(bytes, "second-value")
      }
    }),
  )

  it.live("keeps its secrets for the next program, which needs the same passphrase", () =>
    Effect.gen(function* () {
      const directory = yield* place
      yield* FileSecretStore.make({ directory, passphrase }).set(name, secret)
      const next = FileSecretStore.make({ directory, passphrase })
      assert.strictEqual(Redacted.value(yield* next.get(name)), value)
      const wrong = FileSecretStore.make({ directory, passphrase: Redacted.make("fake horse battery stable") })
      assert.strictEqual(yield* codeOf(wrong.get(name)), "SECRET_PASSPHRASE_WRONG")
      assert.strictEqual(yield* codeOf(wrong.set(other, secret)), "SECRET_PASSPHRASE_WRONG")
      const none = FileSecretStore.make({ directory })
      assert.strictEqual(yield* codeOf(none.get(name)), "SECRET_PASSPHRASE_MISSING")
      // Names are no secret, and to forget one takes no passphrase.
      assert.strictEqual((yield* none.list).length, 1)
      assert.strictEqual(yield* codeOf(none.get(other)), "SECRET_NOT_FOUND")
      yield* none.remove(name)
    }),
  )

  it.live("does not use a passphrase in silence for secrets that were encrypted without one", () =>
    Effect.gen(function* () {
      const directory = yield* place
      yield* FileSecretStore.make({ directory }).set(name, secret)
      const error = yield* Effect.flip(FileSecretStore.make({ directory, passphrase }).set(other, secret))
      assert.strictEqual(error.code, "SECRET_PASSPHRASE_WRONG")
      assert.match(error.message, /without one/)
    }),
  )

  it.live("notices each change to what it wrote", () =>
    Effect.gen(function* () {
      const entry = "secret-TOKEN.json"
      const changes: ReadonlyArray<readonly [what: string, change: (directory: string) => void]> = [
        ["a nonce", (at) => tamper(at, entry, (json) => ({ ...json, sealed: flipBit(json["sealed"], 0) }))],
        ["a byte", (at) => tamper(at, entry, (json) => ({ ...json, sealed: flipBit(json["sealed"], 14) }))],
        ["a tag", (at) => tamper(at, entry, (json) => ({ ...json, sealed: flipBit(json["sealed"], -1) }))],
        ["an end", (at) => tamper(at, entry, (json) => ({ ...json, sealed: String(json["sealed"]).slice(0, 24) }))],
        ["no JSON", (at) => fs.writeFileSync(path.join(at, entry), "")],
        ["another secret's", (at) => fs.copyFileSync(path.join(at, "secret-OTHER.json"), path.join(at, entry))],
        ["another key", (at) => tamper(at, "vault.json", (json) => ({ ...json, key: flipBit(json["key"], 20) }))],
        ["no vault", (at) => fs.rmSync(path.join(at, "vault.json"))],
        ["no key file", (at) => fs.rmSync(path.join(at, "vault.key"))],
        ["a cut key file", (at) => fs.truncateSync(path.join(at, "vault.key"), 16)],
      ]
      for (const [what, change] of changes) {
        const directory = yield* place
        const store = FileSecretStore.make({ directory })
        yield* store.set(name, secret)
        yield* store.set(other, Redacted.make("fake-second-value"))
        change(directory)
        const error = yield* Effect.flip(FileSecretStore.make({ directory }).get(name))
        assert.strictEqual(error.code, "SECRET_DAMAGED", what)
        assert.notInclude(JSON.stringify(error), value)
      }
    }),
  )

  it.live("does not let anybody make its passphrase cheaper to guess, or use up all memory", () =>
    Effect.gen(function* () {
      const directory = yield* place
      yield* FileSecretStore.make({ directory, passphrase }).set(name, secret)
      const withN = (N: number) =>
        tamper(directory, "vault.json", (json) => ({ ...json, scrypt: { ...(json["scrypt"] as object), N } }))
      const error = codeOf(FileSecretStore.make({ directory, passphrase }).get(name))
      withN(2 ** 15)
      assert.strictEqual(yield* error, "SECRET_PASSPHRASE_WRONG")
      withN(2 ** 24)
      assert.strictEqual(yield* error, "SECRET_DAMAGED")
    }),
  )

  it.live("leaves what a newer version wrote as it is", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const store = FileSecretStore.make({ directory })
      yield* store.set(name, secret)
      tamper(directory, "secret-TOKEN.json", (json) => ({ ...json, v: 2, more: true }))
      assert.strictEqual(yield* codeOf(store.get(name)), "UPDATE_REQUIRED")
      tamper(directory, "vault.json", () => ({ v: 2, protection: "new" }))
      assert.strictEqual(yield* codeOf(store.set(other, secret)), "UPDATE_REQUIRED")
    }),
  )

  it.live("says that its directory cannot be used", () =>
    Effect.gen(function* () {
      const directory = yield* place
      fs.mkdirSync(path.dirname(directory))
      fs.writeFileSync(directory, "")
      const store = FileSecretStore.make({ directory })
      for (const effect of [
        Effect.asVoid(store.set(name, secret)),
        Effect.asVoid(store.get(name)),
        Effect.asVoid(store.list),
      ]) {
        const error = yield* Effect.flip(effect)
        assert.strictEqual(error.code, "SECRET_STORE_UNAVAILABLE")
        assert.notInclude(JSON.stringify(error), value)
      }
    }),
  )

  it.live("makes one vault for two programs that write the first secrets at once", () =>
    Effect.gen(function* () {
      for (let round = 0; round < 10; round++) {
        const directory = yield* place
        const stores = [FileSecretStore.make({ directory }), FileSecretStore.make({ directory })]
        yield* Effect.forEach(stores, (store, index) => store.set(index === 0 ? name : other, secret), {
          concurrency: "unbounded",
        })
        const reader = FileSecretStore.make({ directory })
        for (const which of [name, other]) assert.strictEqual(Redacted.value(yield* reader.get(which)), value)
      }
    }),
  )
})

const fixture = path.join(path.dirname(fileURLToPath(import.meta.url)), "../fixtures/secret-writer.ts")
type Writer = ChildProcessByStdio<Writable, Readable, null>

/** Another program, ready to write. */
const writer = (directory: string, label: string, count: number) =>
  Effect.acquireRelease(
    Effect.promise(async (): Promise<{ child: Writer; lines: AsyncIterator<string> }> => {
      const args = [...programAt(fixture), directory, name, label, String(count)]
      const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] })
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      assert.strictEqual((await lines.next()).value, "ready")
      return { child, lines }
    }),
    ({ child }) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill("SIGKILL")
        await once(child, "exit")
      }),
  )

describe("FileSecretStore, of several programs", () => {
  it.live("keeps one whole value of two programs that write it at once, each as often as it likes", () =>
    Effect.gen(function* () {
      const directory = yield* place
      const writers = [yield* writer(directory, "a", 100), yield* writer(directory, "b", 100)]
      const ends = writers.map(({ child }) => once(child, "exit"))
      for (const { child } of writers) child.stdin.write("go\n")
      const store = FileSecretStore.make({ directory })
      const whole = /^(fake-[ab]-\d+-)\1{49}$/
      let seen = 0
      while (writers.some(({ child }) => child.exitCode === null)) {
        const read = yield* Effect.result(store.get(name))
        if (read._tag === "Failure") assert.strictEqual(read.failure.code, "SECRET_NOT_FOUND")
        else seen += whole.test(Redacted.value(read.success)) ? 1 : assert.fail("a value in pieces")
      }
      assert.deepStrictEqual(yield* Effect.promise(() => Promise.all(ends)), [
        [0, null],
        [0, null],
      ])
      assert.isAbove(seen, 0)
      assert.match(Redacted.value(yield* store.get(name)), /^fake-[ab]-100-/)
      assert.deepStrictEqual(
        fs.readdirSync(directory).filter((file) => file.endsWith(".draft")),
        [],
      )
    }),
  )

  it.live(
    "has the old value or the new one, whenever the writer is killed, and takes the next one",
    () =>
      Effect.gen(function* () {
        const directory = yield* place
        const store = FileSecretStore.make({ directory })
        for (let round = 0; round < 12; round++) {
          const { child, lines } = yield* writer(directory, "k", 100_000)
          const ended = once(child, "exit")
          child.stdin.write("go\n")
          // Somewhere in the middle of a write: another number of them, and another fraction of one, each time.
          for (let n = 0; n < 3 + round; n++) yield* Effect.promise(() => lines.next())
          yield* Effect.sleep(`${round * 0.4} millis`)
          child.kill("SIGKILL")
          yield* Effect.promise(() => ended)
          let acknowledged = 0
          for (;;) {
            const line = yield* Effect.promise(() => lines.next())
            if (line.done === true) break
            acknowledged = Number(line.value)
          }
          const read = Redacted.value(yield* store.get(name))
          const found = /^fake-k-(\d+)-/.exec(read)?.[1]
          assert.strictEqual(read, `fake-k-${found}-`.repeat(50))
          // Its pipe may have lost what it printed last, so the value may be later than that, and never earlier.
          assert.isAtLeast(Number(found), acknowledged)
        }
        yield* store.set(name, secret)
        assert.strictEqual(Redacted.value(yield* store.get(name)), value)
        assert.deepStrictEqual(
          fs.readdirSync(directory).filter((file) => file.startsWith("secret-")),
          ["secret-TOKEN.json"],
        )
      }),
    60_000,
  )
})

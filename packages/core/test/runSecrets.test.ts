import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { childEnvironment, knownSecrets } from "../src/ChildEnvironment.ts"
import { EventLog } from "../src/EventLog.ts"
import type { ProcessCommand } from "../src/ProcessHost.ts"
import type { RunId } from "../src/Run.ts"
import { SecretName } from "../src/SecretReference.ts"
import { SecretStore } from "../src/SecretStore.ts"
import { claimed, queued, session, started, testRunId } from "../src/testing/EventDrafts.ts"
import { fakeAdapter, fakeLine } from "../src/testing/FakeAdapter.ts"
import type { FakeScript } from "../src/testing/FakeProcessHost.ts"
import { done, hang, isProbe, oneHost, openHost, openStore, quick, request, tester, type World } from "./hosts.ts"

/** Made up, and of no known shape: only its exact value can be masked. */
const value = `fake/plain "words" that nobody has`
const token = SecretName.make("TOKEN")

const memory = (secrets: Readonly<Record<string, string>>) =>
  Effect.map(
    Layer.build(
      Layer.fresh(
        SecretStore.layerMemory(
          Object.fromEntries(Object.entries(secrets).map(([name, text]) => [name, Redacted.make(text)])),
        ),
      ),
    ),
    (context) => Context.get(context, SecretStore),
  )

/** A host with these secrets, and what it started. */
const hostWith = Effect.fnUntraced(function* (secrets: Readonly<Record<string, string>>, world: World = {}) {
  const spawned: Array<ProcessCommand> = []
  const store = yield* memory(secrets)
  const host = yield* oneHost({
    script: quick,
    secrets: store,
    ...world,
    host: {
      ...world.host,
      onEvent: (event, command) => void (event === "spawn" && !isProbe(command) && spawned.push(command)),
    },
  })
  const runToEnd = (input: unknown) =>
    Effect.gen(function* () {
      const run = yield* host.yard.submit(input)
      const ended = yield* Effect.forkChild(host.yard.await(run.id))
      yield* TestClock.adjust("3 hours")
      return yield* Fiber.join(ended)
    })
  return { ...host, secrets: store, spawned, runToEnd }
})

const withToken = { ...request, secrets: { GITHUB_TOKEN: "secret:TOKEN" } }

describe("A request with secrets", () => {
  it.effect("gives the child the value in its environment, and nobody else", () =>
    Effect.gen(function* () {
      const { logOf, runToEnd, spawned, yard } = yield* hostWith(
        { TOKEN: value },
        { host: { env: { PATH: "/bin", GITHUB_TOKEN: "fake-of-the-host" } } },
      )
      const run = yield* runToEnd({ ...withToken, secrets: { GITHUB_TOKEN: "secret:TOKEN", GH_TOKEN: "secret:TOKEN" } })
      assert.strictEqual(run.state, "succeeded")
      assert.strictEqual(spawned.length, 1)
      const { env, ...rest } = spawned[0] ?? assert.fail()
      assert.strictEqual(env["GITHUB_TOKEN"], value)
      assert.strictEqual(env["GH_TOKEN"], value)
      assert.notInclude(JSON.stringify(rest), "nobody has")
      assert.deepStrictEqual(run.request.secrets, { GITHUB_TOKEN: "secret:TOKEN", GH_TOKEN: "secret:TOKEN" })
      const log = yield* logOf(run.id)
      assert.include(JSON.stringify(log), "secret:TOKEN")
      assert.notInclude(JSON.stringify([log, yield* yard.list()]), "nobody has")
    }),
  )

  it.effect("masks the value from the child's first byte on, in each form that it takes", () => {
    const say = (text: string) => fakeLine({ event: { type: "agent.message", payload: { messageId: "m", text } } })
    const base64 = Buffer.from(`x:${value}`).toString("base64")
    const script: FakeScript = {
      steps: [
        { stderr: `${value}\n` },
        { stdout: say(`it is ${value}`) },
        { stdout: say(JSON.stringify({ token: value })) },
        { stdout: say(encodeURIComponent(value)) },
        { stdout: say(base64) },
        { stdout: value.slice(0, 12) },
        { stdout: `${value.slice(12)}\n` },
        { stdout: done },
      ],
    }
    return Effect.gen(function* () {
      const { logOf, runToEnd } = yield* hostWith({ TOKEN: value }, { script })
      const run = yield* runToEnd(withToken)
      const log = JSON.stringify(yield* logOf(run.id))
      for (const form of ["nobody has", "nobody%20has", base64.slice(8, -8)]) assert.notInclude(log, form)
      assert.isAtLeast(log.split("[redacted:known:TOKEN#").length - 1, 6)
      assert.isAtLeast(run.redactionCount, 6)
    })
  })

  it.effect("masks a value from four characters on, because it is known to be a secret", () =>
    Effect.gen(function* () {
      const script: FakeScript = { steps: [{ stderr: "the pin is 7403\n" }, { stdout: done }] }
      const { logOf, runToEnd } = yield* hostWith({ PIN: "7403" }, { script })
      const run = yield* runToEnd({ ...request, secrets: { PIN: "secret:PIN" } })
      assert.notInclude(JSON.stringify((yield* logOf(run.id)).map(({ payload }) => payload)), "7403")
    }),
  )

  it.effect("is refused with the command that sets the secret, and nothing is stored", () =>
    Effect.gen(function* () {
      const { spawned, yard } = yield* hostWith({})
      const error = yield* Effect.flip(yard.submit(withToken))
      assert.strictEqual(error.code, "SECRET_NOT_FOUND")
      assert.include(error.remedy, "`runyard secret set TOKEN`")
      assert.deepStrictEqual(yield* yard.list(), [])
      assert.deepStrictEqual(spawned, [])
    }),
  )

  it.effect("is refused when its prompt has the value, which the error does not", () =>
    Effect.gen(function* () {
      for (const promptSecrets of ["block", "allow"] as const) {
        const { runToEnd, spawned, yard } = yield* hostWith({ TOKEN: value }, { settings: { promptSecrets } })
        const input = { ...withToken, prompt: `use ${value}` }
        if (promptSecrets === "block") {
          const error = yield* Effect.flip(yard.submit(input))
          assert.strictEqual(error.code, "POLICY_SECRET_IN_PROMPT")
          assert.notInclude(JSON.stringify(error), "nobody has")
        } else {
          const run = yield* runToEnd(input)
          assert.notInclude(JSON.stringify(run), "nobody has")
          assert.deepStrictEqual(run.request.secrets, withToken.secrets)
          assert.strictEqual(spawned[0]?.env["GITHUB_TOKEN"], value)
        }
      }
    }),
  )

  const unfit: ReadonlyArray<readonly [what: string, fields: object]> = [
    ["a value in place of a reference", { secrets: { TOKEN: "fake-value" } }],
    ["a name with small letters", { secrets: { TOKEN: "secret:token" } }],
    ["a path", { secrets: { TOKEN: "secret:../TOKEN" } }],
    ["a variable that is none", { secrets: { "A=B": "secret:TOKEN" } }],
    ["the marker of runs", { secrets: { RUNYARD_RUN: "secret:TOKEN" } }],
    ["a variable twice", { env: ["PATH", "TOKEN"], secrets: { TOKEN: "secret:TOKEN" } }],
    ["a secret of the host by its variable", { env: ["RUNYARD_SECRET_TOKEN"] }],
    ["the passphrase", { env: ["RUNYARD_SECRETS_PASSPHRASE"] }],
  ]
  it.effect.each(unfit)("is refused with %s", ([, fields]) =>
    Effect.gen(function* () {
      const { yard } = yield* hostWith({ TOKEN: value })
      assert.strictEqual((yield* Effect.flip(yard.submit({ ...request, ...fields }))).code, "QUEUE_REQUEST_INVALID")
      assert.deepStrictEqual(yield* yard.list(), [])
    }),
  )

  it.effect("is refused when a value cannot be masked", () =>
    Effect.gen(function* () {
      const { yard } = yield* hostWith({ TOKEN: "abc" })
      assert.strictEqual((yield* Effect.flip(yard.submit(withToken))).code, "SECRET_VALUE_INVALID")
    }),
  )

  it.effect("fails before anything is started when the secret went away while the run waited", () =>
    Effect.gen(function* () {
      const busy = yield* hostWith({ TOKEN: value }, { script: hang })
      const first = yield* busy.yard.submit(request)
      const second = yield* busy.yard.submit(withToken)
      yield* busy.secrets.remove(token)
      yield* Effect.forkChild(busy.yard.cancel(first.id, tester))
      const ended = yield* Effect.forkChild(busy.yard.await(second.id))
      yield* TestClock.adjust("1 minute")
      const { error, state } = yield* Fiber.join(ended)
      assert.strictEqual(state, "failed")
      assert.strictEqual(error?.code, "SECRET_NOT_FOUND")
      assert.strictEqual(busy.spawned.length, 1)
    }),
  )

  it.effect("can be canceled while a keychain waits for its user", () =>
    Effect.gen(function* () {
      let asked = 0
      const secrets = yield* memory({ TOKEN: value })
      const { spawned, yard } = yield* hostWith(
        {},
        { secrets: { ...secrets, get: (name) => (++asked > 1 ? Effect.never : secrets.get(name)) } },
      )
      const run = yield* yard.submit(withToken)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(asked, 2)
      const canceled = yield* Effect.forkChild(yard.cancel(run.id, tester))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(canceled)).state, "canceled")
      assert.deepStrictEqual(spawned, [])
    }),
  )

  it.effect("takes the secret again when the run goes on after a crash", () =>
    Effect.gen(function* () {
      const store = yield* openStore
      const id: RunId = testRunId(1)
      const log = Context.get(store, EventLog)
      const asked = { secrets: withToken.secrets, recovery: "resume" } as const
      yield* log.append(id, [queued(asked), claimed, started, session("s-1")])
      const spawned: Array<ProcessCommand> = []
      const { yard } = yield* openHost(store, {
        script: { steps: [{ stderr: "now fake-newer-value\n" }, { stdout: done }] },
        secrets: yield* memory({ TOKEN: "fake-newer-value" }),
        host: {
          dead: new Set(["host-1", "host-2"]),
          onEvent: (event, command) => void (event === "spawn" && !isProbe(command) && spawned.push(command)),
        },
      })
      const { resumed } = yield* yard.recover
      assert.deepStrictEqual(resumed, [id])
      yield* yard.adopt(resumed)
      const ended = yield* Effect.forkChild(yard.await(id))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(ended)).state, "succeeded")
      assert.strictEqual(spawned[0]?.env["GITHUB_TOKEN"], "fake-newer-value")
      const events = yield* Stream.runCollect(log.events(id, { follow: false }))
      assert.notInclude(JSON.stringify(events), "fake-newer-value")
    }),
  )

  it.effect("is not confused by names of JavaScript", () =>
    Effect.gen(function* () {
      const { runToEnd, spawned } = yield* hostWith({ TOKEN: value })
      yield* runToEnd({
        ...request,
        secrets: JSON.parse('{ "__proto__": "secret:TOKEN", "constructor": "secret:TOKEN" }'),
      })
      assert.strictEqual(Object.getOwnPropertyDescriptor(spawned[0]?.env, "__proto__")?.value, value)
      assert.strictEqual(spawned[0]?.env["constructor"], value)
    }),
  )
})

describe("ChildEnvironment", () => {
  const host = {
    PATH: "/bin",
    RUNYARD_SECRET_TOKEN: "fake-of-the-environment",
    RUNYARD_SECRETS_PASSPHRASE: "fake horse battery staple",
    DB_PASSWORD: "fake-password",
    SHORT_TOKEN: "root",
    OTHER: "not passed",
  }

  it("is an allowlist, in which no secret of the host ever is", () => {
    const asked = ["RUNYARD_SECRET_TOKEN", "RUNYARD_SECRETS_PASSPHRASE", "DB_PASSWORD", "SHORT_TOKEN"]
    const { env, secrets } = childEnvironment(host, fakeAdapter, { env: asked })
    assert.deepStrictEqual(env, { PATH: "/bin", DB_PASSWORD: "fake-password", SHORT_TOKEN: "root" })
    // By its name alone it is not sure to be a secret, and "root" is a word.
    assert.deepStrictEqual(secrets, [{ name: "DB_PASSWORD", value: "fake-password" }])
    assert.deepStrictEqual(childEnvironment(host, fakeAdapter, {}).env, { PATH: "/bin" })
  })

  it("knows what the host keeps for its runs, for every run", () => {
    assert.deepStrictEqual(
      knownSecrets(host, [fakeAdapter], {}).map(({ name }) => name),
      ["RUNYARD_SECRET_TOKEN", "RUNYARD_SECRETS_PASSPHRASE"],
    )
  })
})

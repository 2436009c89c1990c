import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  decideIdempotency,
  defaultRetention,
  IdempotencyKey,
  makeRequestFingerprint,
  type Receipt,
  RequestFingerprint,
} from "../src/Idempotency.ts"
import { canonicalJson } from "../src/internal/canonicalJson.ts"
import { RunId, RunRequest } from "../src/Run.ts"

const key = Uint8Array.from({ length: 16 }, (_, index) => index * 7)
const fingerprint = makeRequestFingerprint(key)
const request: RunRequest = { provider: "codex", prompt: "say hello", cwd: "/w", model: "gpt-5.2" }
const receipt: Receipt = {
  key: IdempotencyKey.make("k-1"),
  fingerprint: fingerprint(request),
  runId: RunId.make("run_0000000000000000"),
  createdAt: 1000,
}

/** The same value with the keys of all its objects in another order. */
const reversed = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(reversed)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .toReversed()
            .map(([name, inner]) => [name, reversed(inner)]),
        )
      : value

describe("Idempotency", () => {
  it("is the same run for the same request, and a conflict for another one", () => {
    assert.deepStrictEqual(decideIdempotency(undefined, receipt.fingerprint, 2000), { kind: "new" })
    assert.deepStrictEqual(decideIdempotency(receipt, receipt.fingerprint, 2000), {
      kind: "same",
      runId: receipt.runId,
    })
    const other = decideIdempotency(receipt, fingerprint({ ...request, prompt: "say hallo" }), 2000)
    assert.strictEqual(other.kind === "conflict" && other.error.code, "QUEUE_IDEMPOTENCY_CONFLICT")
  })

  it("forgets a key after its time", () => {
    const end = receipt.createdAt + defaultRetention.ageMillis
    const other = fingerprint({ ...request, prompt: "other" })
    assert.strictEqual(decideIdempotency(receipt, other, end - 1).kind, "conflict")
    assert.strictEqual(decideIdempotency(receipt, other, end).kind, "new")
  })

  it("looks at everything that does something, and not at the title or the scope", () => {
    const changes: ReadonlyArray<Partial<RunRequest>> = [
      { provider: "claude" },
      { cwd: "/w2" },
      { model: "gpt-5.5" },
      { permissionMode: "plan" },
      { sandbox: "read-only" },
      { outputSchema: {} },
      { session: { kind: "resume", id: "s" } },
      { images: ["/a"] },
      { addDirs: [] },
      { env: ["A"] },
      { limits: { wallMillis: 1 } },
      { recovery: "resume" },
      { options: { a: 1 } },
    ]
    const prints = changes.map((change) => fingerprint({ ...request, ...change }))
    assert.strictEqual(new Set([...prints, fingerprint(request)]).size, changes.length + 1)
    const scope = { platform: "p", tenant: "t", workspace: "w" }
    assert.strictEqual(fingerprint({ ...request, title: "x", scope }), fingerprint(request))
  })

  it("says nothing about the request without the installation's key", () => {
    assert.notStrictEqual(makeRequestFingerprint(new Uint8Array(16))(request), fingerprint(request))
    // Its parts are independent of each other.
    assert.strictEqual(new Set(fingerprint(request).match(/.{8}/g)).size, 2)
  })

  it("takes visible ASCII for a key, up to 200 characters", () => {
    const valid = Schema.is(IdempotencyKey)
    for (const one of ["a", "x".repeat(200), "0198-ab:c/d"]) assert.isTrue(valid(one), one)
    for (const one of ["", " ", "a b", "é", "x".repeat(201), "a\n", "\u0000"]) assert.isFalse(valid(one), one)
  })

  it.prop("is the same for the same request in whatever order its fields are", { one: RunRequest }, ({ one }) => {
    const print = fingerprint(one)
    assert.isTrue(Schema.is(RequestFingerprint)(print))
    // A way through JSON does not change it either.
    assert.strictEqual(
      fingerprint(Schema.decodeUnknownSync(RunRequest)(reversed(JSON.parse(JSON.stringify(one))))),
      print,
    )
  })

  it.prop("tells different requests apart", { one: RunRequest, other: RunRequest }, ({ one, other }) => {
    const plain = (value: RunRequest) => JSON.stringify({ ...value, scope: undefined, title: undefined })
    if (plain(one) !== plain(other)) assert.notStrictEqual(fingerprint(one), fingerprint(other))
  })

  it.prop("makes one text of a JSON value, and the value of that text", { value: Schema.Json }, ({ value }) => {
    const text = canonicalJson(value)
    assert.strictEqual(canonicalJson(JSON.parse(text)), text)
    assert.strictEqual(canonicalJson(reversed(value)), text)
    assert.deepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
  })
})

import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { redactError } from "../../src/internal/redactError.ts"
import { hiddenTexts, runSessions } from "../../src/internal/runSession.ts"
import { Redactor } from "../../src/Redactor.ts"
import type { RunRequest } from "../../src/Run.ts"
import { runyardError } from "../../src/RunyardError.ts"

const token = ["ghp", "FAKEa1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6"].join("_")
const word = "Tr0ub4dor7QzFake"

const sessionOf = (request: RunRequest) =>
  Effect.runSync(
    Effect.map(Redactor, (redactor) => runSessions(redactor, {}, [])(request)).pipe(Effect.provide(Redactor.layer())),
  )
const request: RunRequest = {
  provider: "fake",
  cwd: "/work",
  prompt: `password=${word} and ${token}, not [redacted:other#00000000]`,
  options: { list: ["plain", { token }] },
}

describe("hiddenTexts", () => {
  it("gives what stands behind the marks of a masked value", () => {
    const { maskRequest } = sessionOf(request)
    assert.deepStrictEqual([...new Set(hiddenTexts(request, maskRequest(request).value))], [word, token])
    assert.deepStrictEqual(hiddenTexts(request, request), [])
  })

  it("gives secrets at both ends of a text, and side by side", () => {
    const mark = "[redacted:a#01234567]"
    assert.deepStrictEqual(hiddenTexts("one, two", `${mark}, ${mark}`), ["one", "two"])
    assert.deepStrictEqual(hiddenTexts("a secret", mark), ["a secret"])
    assert.deepStrictEqual(hiddenTexts({ "the key": 1 }, { [mark]: 1 }), ["the key"])
  })
})

describe("runSessions", () => {
  it("masks a secret of the request also where nothing says that it is one", () => {
    const { redaction } = sessionOf(request)
    assert.notInclude(redaction.text(`I typed ${word} into the form`).value, word)
    assert.include(redaction.text(`I typed ${word} into the form`).value, "[redacted:known:request#")
  })

  it("stores a request without a secret that the request itself gave away elsewhere", () => {
    const { maskRequest } = sessionOf(request)
    const { redactions, value } = maskRequest({ ...request, title: `about ${word}` })
    assert.notInclude(JSON.stringify(value), word)
    assert.includeMembers(
      redactions.map(({ rule }) => rule),
      ["password", "github-token", "known:request"],
    )
  })

  it("knows in an argument or a file what the request hides", () => {
    const { quotes } = sessionOf(request)
    assert.isTrue(quotes(JSON.stringify({ deep: word })))
    assert.isTrue(quotes(`--option=${token}`))
    assert.isFalse(quotes("nothing of it"))
  })
})

describe("redactError", () => {
  it("drops a cause that quotes a secret, however deep, and keeps one that does not", () => {
    const { redaction } = sessionOf(request)
    const causes = [
      new Error(`about ${token}`),
      new Error("outer", { cause: { inner: [token] } }),
      { password: word },
      Object.assign(new Error("spawn"), { args: [`--token=${token}`] }),
    ]
    for (const cause of causes) {
      const { cause: kept } = redactError(redaction, runyardError("CLI_SPAWN_FAILED", { cause }))
      assert.isUndefined(kept)
    }
    const harmless = new Error("no such file")
    assert.strictEqual(redactError(redaction, runyardError("CLI_SPAWN_FAILED", { cause: harmless })).cause, harmless)
  })

  it("masks message, remedy and detail", () => {
    const { redaction } = sessionOf(request)
    const error = redactError(
      redaction,
      runyardError("CLI_SPAWN_FAILED", { message: token, remedy: `give ${token}`, detail: { secret: token } }),
    )
    assert.notInclude(JSON.stringify(error.info), token)
  })
})

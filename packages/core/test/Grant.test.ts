import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { approve, grantCommand, isWithin, noGrant, pathProblem, quoted, selfAndAbove } from "../src/Grant.ts"
import { localScope } from "../src/Run.ts"

const Part = Schema.Literals(["a", "b", "ab", "a b", "...", "'", "\\", "é"])
const Parts = Schema.Array(Part).check(Schema.isMinLength(1), Schema.isMaxLength(5))
const pathOf = (parts: ReadonlyArray<string>): string => `/${parts.join("/")}`
const disk = { point: "/", type: "ext4", remote: false }

describe("isWithin", () => {
  it.prop("is true of a directory and what is below it, and of nothing else", { a: Parts, b: Parts }, ({ a, b }) => {
    const [left, right] = [pathOf(a), pathOf(b)]
    assert.isTrue(isWithin(left, left))
    assert.isTrue(isWithin(left, left + right))
    assert.isFalse(isWithin(left, `${left}x${right}`))
    assert.strictEqual(isWithin(left, right), `${right}/`.startsWith(`${left}/`))
    assert.isTrue(isWithin("/", left))
  })

  it.prop("agrees with the directories above a path", { a: Parts, b: Parts }, ({ a, b }) => {
    const [left, right] = [pathOf(a), pathOf(b)]
    assert.strictEqual(selfAndAbove(right).includes(left), isWithin(left, right))
    assert.isTrue(selfAndAbove(left + right).includes(left))
  })

  it("takes the system's own separator", () => {
    assert.deepStrictEqual(selfAndAbove("/a/b"), ["/", "/a", "/a/b"])
    assert.deepStrictEqual(selfAndAbove("/"), ["/"])
    assert.deepStrictEqual(selfAndAbove("C:\\a\\b"), ["C:", "C:\\a", "C:\\a\\b"])
    assert.isTrue(isWithin("C:\\a", "C:\\a\\b"))
  })
})

describe("pathProblem", () => {
  it("takes absolute paths that can be shown", () => {
    for (const good of ["/", "/a b", "/a'b", "/é/漢字/𝛼", "C:\\work", "\\\\server\\share"]) {
      assert.isUndefined(pathProblem(good), good)
    }
  })

  it("refuses what is relative, breaks lines, or reads as another path", () => {
    for (const bad of ["", ".", "..", "a", "./a", "~", "~/a", "a\0b", "C:a"]) assert.isDefined(pathProblem(bad), bad)
    for (const bad of [
      "\0",
      "\n",
      "\r",
      "\t",
      "\u001b[2J",
      "\u007f",
      "\u0085",
      "\u202e",
      "\u2066",
      "\u2028",
      "\ud800",
    ]) {
      assert.isDefined(pathProblem(`/a${bad}b`), JSON.stringify(bad))
    }
    // What Node gives for bytes that are no UTF-8 names another file, or none.
    assert.isDefined(pathProblem("/a\ufffdb"))
  })
})

describe("approve", () => {
  const approval = { scope: localScope, by: "ann", mode: "write", remote: false } as const

  it("makes the grant of a local directory", () => {
    assert.deepStrictEqual(
      Result.getOrThrow(approve({ path: "/work", mount: disk, own: false }, { ...approval, expiresAt: 7 })),
      {
        scope: localScope,
        path: "/work",
        mode: "write",
        remote: false,
        by: "ann",
        expiresAt: 7,
      },
    )
  })

  it("refuses the root, the host's own data, and a remote file system that nobody spoke of", () => {
    const nfs = { point: "/net", type: "nfs4", remote: true }
    const refused = (path: string, mount = disk, own = false) => {
      const result = approve({ path, mount, own }, approval)
      return Result.isFailure(result) ? `${result.failure.code} ${result.failure.remedy}` : "granted"
    }
    for (const root of ["/", "C:\\", "C:"]) assert.match(refused(root), /^POLICY_GRANT_REFUSED/)
    assert.match(refused("/data/below", disk, true), /^POLICY_GRANT_REFUSED/)
    assert.match(refused("/net/a", nfs), /^POLICY_GRANT_REFUSED .*runyard grant add \/net\/a --remote$/)
    const granted = approve({ path: "/net/a", mount: nfs, own: false }, { ...approval, remote: true })
    assert.isTrue(Result.getOrThrow(granted).remote)
    // Whoever allows a remote one in general has not made this one remote.
    assert.isFalse(
      Result.getOrThrow(approve({ path: "/work", mount: disk, own: false }, { ...approval, remote: true })).remote,
    )
  })
})

describe("What is said of a directory without a grant", () => {
  const need = { scope: localScope, path: "/real", mode: "write", mount: disk } as const

  it("is the command that grants it, as a shell takes it", () => {
    assert.strictEqual(grantCommand("/a b", need), "runyard grant add '/a b'")
    assert.strictEqual(quoted("/it's"), String.raw`'/it'\''s'`)
    assert.strictEqual(quoted("/plain-1.2/@x"), "/plain-1.2/@x")
    assert.strictEqual(quoted("/$(rm)"), "'/$(rm)'")
    assert.strictEqual(grantCommand("/a", { ...need, mode: "read" }), "runyard grant add /a --read")
  })

  it("names the real directory behind a link, and what is mounted there", () => {
    assert.match(noGrant(need, "cwd", "/link").message, /^\/link is a link to \/real: \/real is not a directory/)
    assert.match(noGrant(need, "cwd", "/real").message, /^\/real is not a directory that agents may work in/)
    const share = { ...need, mount: { point: "/real", type: "cifs", remote: true } }
    assert.match(noGrant(share, "cwd", "/real").message, /\(cifs, mounted at \/real\)/)
    assert.match(noGrant(share, "cwd", "/real").remedy, /--remote$/)
    const image = { ...need, path: "/pictures/one.png", mode: "read" } as const
    assert.match(noGrant(image, "images", "/pictures/one.png").remedy, /runyard grant add \/pictures --read$/)
    assert.match(noGrant({ ...image, path: "/one.png" }, "images", "/one.png").remedy, /runyard grant add \/ --read$/)
  })
})

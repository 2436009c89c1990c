/** Attempts to make an agent work where nobody has granted it: each is refused with a code, and nothing is started. */
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { type ErrorCode, type HostSettings, Runyard } from "@runyard/core"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { hostOf, makePlace, type Place } from "./place.ts"
import { fromSource, runyardSource } from "../support/programs.ts"

let place: Place
beforeEach(() => {
  place = makePlace()
})
afterEach(() => place.remove())

const request = (fields: object) => ({ provider: "fake", prompt: "hello", cwd: place.granted, ...fields })

/** The code with which each request is refused, or the state of its run. */
const outcomes = (requests: ReadonlyArray<object>, settings: Partial<HostSettings> = {}) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const yard = yield* Runyard
      return yield* Effect.forEach(requests, (fields) =>
        yard.submit(request(fields)).pipe(
          Effect.flatMap(({ id }) => yard.await(id)),
          Effect.map(({ state }): string => state),
          Effect.catch(({ code, message }) => Effect.succeed(`${code}: ${message}`)),
        ),
      )
    }).pipe(Effect.provide(hostOf(place, "portable", settings))),
  )

const shown = (fields: unknown): string => JSON.stringify(fields).slice(0, 120)

const refused = async (
  attempts: ReadonlyArray<readonly [ErrorCode, object]>,
  settings?: Partial<HostSettings>,
): Promise<void> => {
  const found = await outcomes(
    attempts.map(([, fields]) => fields),
    settings,
  )
  assert.deepStrictEqual(
    found.map((outcome, index) => `${outcome.split(":", 1)[0]} for ${shown(attempts[index]?.[1])}`),
    attempts.map(([code, fields]) => `${code} for ${shown(fields)}`),
  )
  assert.deepStrictEqual(place.starts(), [], "something was started")
}

/** A path is tried in every field that names one. */
const everywhere = (code: ErrorCode, path: string): ReadonlyArray<readonly [ErrorCode, object]> => [
  [code, { cwd: path }],
  [code, { addDirs: [path] }],
]

describe("A grant", () => {
  it("lets a run work in its directory and below, however the path is written", async () => {
    const { granted } = place
    symlinkSync(granted, join(place.base, "link"))
    const found = await outcomes([
      {},
      { cwd: `${granted}/inside` },
      { cwd: `${granted}/` },
      { cwd: `${granted}//inside/../inside/.` },
      { cwd: `${place.secret}/../granted` },
      { cwd: join(place.base, "link") },
      { cwd: join(place.base, "link", "inside"), addDirs: [granted], images: [`${granted}/marker`] },
    ])
    assert.deepStrictEqual(
      found,
      Array.from({ length: 7 }, () => "succeeded"),
    )
    const runs = place.starts().filter((line) => !line.includes("--version"))
    assert.strictEqual(runs.length, 7)
    for (const line of runs) assert.match(line, /^granted run/)
    assert.strictEqual(runs.at(-1), `granted run ${granted}/marker ${granted}`)
  })

  it("does not reach a directory beside, above or elsewhere", async () => {
    const { base, granted, secret } = place
    mkdirSync(`${granted}-2`)
    await refused(
      [
        secret,
        `${secret}/inside`,
        base,
        "/",
        "/etc",
        `${granted}-2`,
        `${granted}/..`,
        `${granted}/../secret`,
        `${granted}/inside/../../secret/.`,
        `${granted}/../../../../../../../../etc`,
        "/proc/self/cwd",
        "/proc/self/root",
        `/proc/self/root${secret}`,
        "/dev",
      ].flatMap((path) => everywhere("POLICY_NO_GRANT", path)),
    )
    await refused([["POLICY_NO_GRANT", { images: [`${secret}/marker`] }]])
    await refused([["POLICY_NO_GRANT", { images: [`${granted}/marker`, `${granted}/../secret/marker`] }]])
  })

  it("is of the real directory: a link out of it leads to a refusal that names where it leads", async () => {
    const { granted, secret } = place
    symlinkSync(secret, join(granted, "out"))
    symlinkSync("../secret", join(granted, "relative"))
    symlinkSync(join(granted, "out"), join(granted, "twice"))
    symlinkSync(join(secret, "marker"), join(granted, "image.png"))
    await refused(
      ["out", "relative", "twice", "out/inside", "twice/../secret"].flatMap((name) =>
        everywhere("POLICY_NO_GRANT", `${granted}/${name}`),
      ),
    )
    await refused([["POLICY_NO_GRANT", { images: [join(granted, "image.png")] }]])
    const [said] = await outcomes([{ cwd: join(granted, "out") }])
    assert.include(said, `${join(granted, "out")} is a link to ${secret}: `)
  })

  it("is for directories that are there, under the name that they have", async () => {
    const { granted } = place
    symlinkSync(join(granted, "nowhere"), join(granted, "dangling"))
    symlinkSync("loop", join(granted, "loop"))
    const file = join(granted, "marker")
    await refused(
      [
        file,
        `${file}/`,
        `${file}/..`,
        `${granted}.`,
        `${granted}...`,
        `${granted} `,
        `${granted}/inside.`,
        `${granted}/.../inside`,
        granted.toUpperCase(),
        `${granted}/INSIDE`,
        `${granted}/nowhere`,
        `${granted}/dangling`,
        `${granted}/loop`,
        `/${"a".repeat(5000)}`,
      ].flatMap((path) => everywhere("IO_DIRECTORY_UNREADABLE", path)),
    )
    await refused([["IO_FILE_UNREADABLE", { images: [granted] }]])
  })

  it("is not for paths that are relative, or that hold what cannot be shown", async () => {
    const { granted } = place
    const lines = `${granted}/new\nline`
    mkdirSync(lines)
    mkdirSync(`${granted}/\u202ereversed`)
    await refused(
      [
        ".",
        "..",
        "~",
        "~root",
        "granted",
        relative(process.cwd(), granted),
        "file:///etc",
        "-C/etc",
        "--cd=/etc",
        lines,
        `${granted}/\u202ereversed`,
        `${granted}\0`,
        `${granted}\0/../secret`,
        `${granted}/\ud800`,
        `${granted}/\u001b[2Kinside`,
      ].flatMap((path) => everywhere("QUEUE_REQUEST_INVALID", path)),
    )
    await refused([["QUEUE_REQUEST_INVALID", { cwd: "" }]])
  })

  it("does not reach what is mounted below its directory", async ({ skip }) => {
    const point = join(place.granted, "mount")
    mkdirSync(point)
    const mount = spawnSync("mount", ["--bind", place.secret, point], { stdio: "ignore" })
    if (mount.status !== 0) skip("it may not mount")
    try {
      await refused([...everywhere("POLICY_NO_GRANT", point), ...everywhere("POLICY_NO_GRANT", `${point}/inside`)])
      await refused([["POLICY_NO_GRANT", { images: [`${point}/marker`] }]])
    } finally {
      assert.strictEqual(spawnSync("umount", [point]).status, 0)
    }
  })

  it("does not last for a directory that a link has taken the place of, while the run waited", async () => {
    const { base, granted, secret } = place
    const found = await Effect.runPromise(
      Effect.gen(function* () {
        const yard = yield* Runyard
        const run = yield* yard.submit(request({ cwd: join(granted, "inside") }))
        renameSync(join(granted, "inside"), join(base, "away"))
        symlinkSync(join(secret, "inside"), join(granted, "inside"))
        return yield* yard.await(run.id)
      }).pipe(Effect.provide(hostOf(place))),
    )
    // Here the link came before the turn of the run or after it; where the agent works is the same.
    const codes = ["POLICY_NO_GRANT", "POLICY_DIRECTORY_CHANGED", undefined]
    assert.include(codes, found.error?.code)
    for (const line of place.starts()) assert.notMatch(line, /^secret/)
    rmSync(join(granted, "inside"))
  })
})

describe("Where the host keeps its own data", () => {
  /** Below what is granted, as a data directory in a home is. */
  const makeOwn = (): string => {
    const own = join(place.granted, "data")
    mkdirSync(join(own, "secrets"), { recursive: true })
    writeFileSync(join(own, "secrets", "marker"), "secret\n")
    return own
  }
  const ways: ReadonlyArray<Partial<HostSettings>> = [{}, { workspaces: "any" }]

  it("no run works, though a directory above it is granted or every directory is allowed", async () => {
    const own = makeOwn()
    const link = join(place.granted, "link")
    symlinkSync(own, join(place.base, "elsewhere"))
    symlinkSync(join(own, "secrets"), link)
    const paths = [own, `${own}/`, `${own}/secrets/..`, `${place.granted}/inside/../data/secrets`, link]
    const attempts = [
      ...paths.flatMap((path) => everywhere("POLICY_GRANT_REFUSED", path)),
      ["POLICY_GRANT_REFUSED", { images: [join(own, "secrets", "marker")] }] as const,
      ["POLICY_GRANT_REFUSED", { images: [join(link, "marker")] }] as const,
    ]
    for (const way of ways) {
      for (const ownDirectory of [own, `${own}/`, join(place.base, "elsewhere"), relative(process.cwd(), own)]) {
        await refused(attempts, { ...way, ownDirectory })
      }
    }
    // Beside it, and above.
    mkdirSync(`${own}-2`)
    const beside = await outcomes([{ cwd: `${own}-2` }, { addDirs: [place.granted] }, {}], { ownDirectory: own })
    assert.deepStrictEqual(beside, ["succeeded", "succeeded", "succeeded"])
  })

  it("is known under the name of another mount, too", async ({ skip }) => {
    const own = makeOwn()
    const point = join(place.secret, "mount")
    mkdirSync(point)
    if (spawnSync("mount", ["--bind", place.granted, point], { stdio: "ignore" }).status !== 0) skip("it may not mount")
    try {
      const attempts = [`${point}/data`, `${point}/data/secrets`].flatMap((path) =>
        everywhere("POLICY_GRANT_REFUSED", path),
      )
      for (const way of ways) await refused(attempts, { ...way, ownDirectory: own })
    } finally {
      assert.strictEqual(spawnSync("umount", [point]).status, 0)
    }
  })

  it("no agent starts, though the directory of a run that waits has become it", async () => {
    const own = makeOwn()
    const { base, granted } = place
    const found = await Effect.runPromise(
      Effect.gen(function* () {
        const yard = yield* Runyard
        const run = yield* yard.submit(request({ cwd: join(granted, "inside") }))
        renameSync(join(granted, "inside"), join(base, "away"))
        renameSync(own, join(granted, "inside"))
        symlinkSync(join(granted, "inside"), own)
        return yield* yard.await(run.id)
      }).pipe(Effect.provide(hostOf(place, "portable", { ownDirectory: own }))),
    )
    assert.include(["POLICY_GRANT_REFUSED", "POLICY_DIRECTORY_CHANGED"], found.error?.code)
    for (const line of place.starts()) assert.notMatch(line, /^nowhere run/)
  })
})

describe("The home of another user", () => {
  it("is refused with a code, for root, whom nothing else would stop, and for others", async ({ skip }) => {
    if (process.getuid?.() !== 0) skip("only root can be somebody else")
    const home = join(place.base, "home")
    const project = join(home, "project")
    mkdirSync(project, { recursive: true })
    writeFileSync(join(project, "marker"), "secret\n")
    assert.strictEqual(spawnSync("chown", ["-R", "12345:12345", home]).status, 0)
    chmodSync(home, 0o700)
    await refused(everywhere("POLICY_NO_GRANT", project))

    // As somebody who may not even look into it, with a grant that says otherwise.
    chmodSync(place.base, 0o755)
    const store = join(place.base, "store")
    mkdirSync(store)
    assert.strictEqual(spawnSync("chown", ["23456:23456", store]).status, 0)
    const become = ["--reuid=23456", "--regid=23456", "--clear-groups", process.execPath]
    const args = [...fromSource(runyardSource), "exec", "scripted", "hello", "-C", project, "--json"]
    const env = { PATH: process.env["PATH"], HOME: store, RUNYARD_HOME: store }
    const { status, stderr, stdout } = spawnSync("setpriv", [...become, ...args], { encoding: "utf8", env, cwd: "/" })
    if (/EACCES|permission denied/i.test(stderr) && !stderr.includes("error")) skip("others may not read the sources")
    assert.include(stderr, '"IO_DIRECTORY_UNREADABLE"')
    assert.strictEqual(stdout, "")
    assert.strictEqual(status, 2)
  })
})

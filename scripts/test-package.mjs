// Packs the built packages, installs them in an empty project as a user would, and runs the program and the library.
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const packages = ["core", "adapters-codex", "adapters-claude", "store", "http", "ui", "cli"]
const place = mkdtempSync(join(tmpdir(), "runyard-package-"))
const env = { ...process.env, RUNYARD_HOME: join(place, "data"), RUNYARD_SCRIPT_DELAY_MS: "0", NO_COLOR: "1" }
const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], env, ...options })
const check = (what, truth) => {
  if (!truth) throw new Error(`not so: ${what}`)
  console.log(`ok ${what}`)
}

try {
  for (const name of packages)
    run("npm", ["pack", "--silent", "--pack-destination", place], { cwd: `packages/${name}` })
  const tarballs = readdirSync(place).filter((file) => file.endsWith(".tgz"))
  writeFileSync(
    join(place, "package.json"),
    JSON.stringify({
      private: true,
      type: "module",
      dependencies: Object.fromEntries(
        tarballs.map((file) => [
          /^runyard-(?:adapters|core|http|store|ui)-/.test(file)
            ? `@runyard/${file.slice("runyard-".length).replace(/-\d.*$/, "")}`
            : "runyard",
          `file:./${file}`,
        ]),
      ),
    }),
  )
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: place })
  const program = join(place, "node_modules/.bin/runyard")
  const node = process.execPath
  check("--version prints the version", /^\d+\.\d+\.\d+\n$/.test(run(node, [program, "--version"])))
  run(node, [program, "grant", "add"], { cwd: place })
  const events = run(node, [program, "exec", "scripted", "--json", "hello"], { cwd: place })
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
  check("exec streams events to the end", events.at(-1).type === "run.completed")
  check("exec masks the secret", JSON.stringify(events).includes("[redacted:"))
  writeFileSync(
    join(place, "use.mjs"),
    `import { open } from "runyard"
const yard = await open({ workspaces: [process.cwd()] })
const run = await yard.start({ provider: "scripted", prompt: "hello" })
let count = 0
for await (const event of run.events()) count = event.seq
const { state, finalMessage } = await run.result()
await yard.close()
console.log(JSON.stringify({ state, count, said: finalMessage.length > 10 }))`,
  )
  const result = JSON.parse(run(node, ["use.mjs"], { cwd: place }))
  check("the library runs from code", result.state === "succeeded" && result.said && result.count > 5)
  const serving = spawn(node, [program, "serve", "--port", "0", "--json"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  })
  const [line] = await once(serving.stdout, "data")
  const { url } = JSON.parse(String(line))
  check("serve answers", (await fetch(`${url}/api/v1/ready`)).status === 200)
  serving.kill("SIGTERM")
  check("serve ends when it is told to", (await once(serving, "exit"))[0] === 0)
  // As where npm was told to leave optional packages out, or there is none for the platform.
  rmSync(join(place, "node_modules/@napi-rs"), { recursive: true, force: true })
  const stdio = ["pipe", "pipe", "inherit"]
  const kept = run(node, [program, "secret", "set", "TOKEN"], { cwd: place, input: "fake-value-of-the-test\n", stdio })
  check("a secret is kept in a file without the keychain's library", kept === "TOKEN  file\n")
  const { secrets } = JSON.parse(run(node, [program, "doctor", "--json"], { cwd: place }))[0]
  check("doctor says why", /cannot be loaded/.test(secrets.refused[0].reason))
  console.log("7 checks of the program and 1 of the library passed")
} finally {
  rmSync(place, { recursive: true, force: true })
}

/**
 * Runs each pinned CLI by itself against the fake model, and prints what worked: `npx node tests/real/smoke.ts`.
 *
 * Nothing of Runyard takes part: where this table and the suite differ, the fault is Runyard's; where a new version
 * fails here already, its habits have changed.
 */
import { spawn } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import path from "node:path"
import { type FakeModel, startFakeModel } from "../fake-model/FakeModel.ts"
import { answer, edit, failure, reply, say, shell, type Step, write } from "../fake-model/Script.ts"
import { chosenClis, type Cli, nameOf, programOf } from "./Clis.ts"
import { type Environment, makeEnvironment } from "./environment.ts"
import { install } from "./install.ts"

const schema = {
  type: "object",
  properties: { colour: { type: "string" } },
  required: ["colour"],
  additionalProperties: false,
}

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly files: Readonly<Record<string, string>>
  readonly model: FakeModel
}

interface Check {
  readonly name: string
  readonly script: (cli: Cli, workspace: string) => ReadonlyArray<Step>
  readonly structured?: boolean
  /** Says what is wrong; undefined when all is well. */
  readonly fault: (outcome: Outcome) => string | undefined
}

const first = (...faults: ReadonlyArray<string | false>): string | undefined =>
  faults.find((fault) => fault !== false) || undefined

const checks: ReadonlyArray<Check> = [
  {
    name: "hello",
    script: () => [reply([{ thinking: "A greeting." }, { text: "Hello from the script." }])],
    fault: ({ code, stdout, model }) =>
      first(
        code !== 0 && `exit ${code}`,
        !stdout.includes("Hello from the script.") && "no message",
        model.turns().length !== 1 && `${model.turns().length} turns`,
      ),
  },
  {
    name: "tool",
    script: () => [shell("echo from-$((40+2))-the-tool"), say("Ran it.")],
    fault: ({ code, stdout }) =>
      first(code !== 0 && `exit ${code}`, !stdout.includes("from-42-the-tool") && "no output"),
  },
  {
    name: "write",
    script: (_, workspace) => [write(path.join(workspace, "new.txt"), "fresh\n"), say("Wrote it.")],
    fault: ({ code, files }) =>
      first(code !== 0 && `exit ${code}`, files["new.txt"] !== "fresh\n" && `new.txt is ${files["new.txt"]}`),
  },
  {
    name: "edit",
    script: (cli, workspace) => {
      const readme = path.join(workspace, "README.md")
      // Claude edits only what it has read.
      const look = cli.provider === "claude" ? [reply([{ tool: { name: "Read", input: { file_path: readme } } }])] : []
      return [...look, edit(readme, "A workspace.", "An edited workspace."), say("Edited it.")]
    },
    fault: ({ code, files }) =>
      first(code !== 0 && `exit ${code}`, files["README.md"] !== "An edited workspace.\n" && "README.md is as before"),
  },
  ...[401, 403, 404, 429, 500, 529].map((status) => ({
    name: String(status),
    script: () =>
      Array.from({ length: 40 }, () => failure(status, { message: `Scripted ${status}`, retryAfterSeconds: 1 })),
    fault: ({ code, stdout }: Outcome) =>
      first(code !== 1 && `exit ${code}`, !/turn\.failed|"is_error":true/.test(stdout) && "no failure"),
  })),
  {
    name: "structured",
    script: () => [answer({ colour: "green" }), say("Done.")],
    structured: true,
    fault: ({ code, stdout }) =>
      first(code !== 0 && `exit ${code}`, !/colour\\*":\s*\\*"green/.test(stdout) && "no answer"),
  },
]

const argumentsOf = (cli: Cli, check: Check, environment: Environment): ReadonlyArray<string> =>
  cli.provider === "codex"
    ? [
        "exec",
        "--json",
        "--sandbox",
        "workspace-write",
        ...(check.structured === true ? ["--output-schema", path.join(environment.data, "schema.json")] : []),
        "Do as the script says.",
      ]
    : [
        "-p",
        "Do as the script says.",
        "--output-format",
        "stream-json",
        "--verbose",
        "--permission-mode",
        "acceptEdits",
        ...(check.structured === true ? ["--json-schema", JSON.stringify(schema)] : []),
      ]

const run = async (
  cli: Cli,
  check: Check,
): Promise<{ readonly millis: number; readonly fault: string | undefined }> => {
  const model = await startFakeModel()
  const environment = await makeEnvironment(cli, model.url)
  try {
    model.play(check.script(cli, environment.workspace))
    await writeFile(path.join(environment.data, "schema.json"), JSON.stringify(schema))
    const started = performance.now()
    const child = spawn(programOf(cli), argumentsOf(cli, check, environment), {
      cwd: environment.workspace,
      env: environment.env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 90_000,
      killSignal: "SIGKILL",
    })
    const output = { stdout: "", stderr: "" }
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text))
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject)
      child.once("close", resolve)
    })
    const millis = performance.now() - started
    const files: Record<string, string> = {}
    for (const name of ["README.md", "new.txt"]) {
      files[name] = await readFile(path.join(environment.workspace, name), "utf8").catch(() => "missing")
    }
    const fault = check.fault({ code, ...output, files, model })
    if (fault !== undefined && process.argv.includes("--verbose"))
      console.log(
        output,
        model.requests.map((r) => [...r.tools.keys()]),
      )
    return { millis, fault }
  } finally {
    await model.close()
    await environment.remove()
  }
}

const only = process.argv.slice(2).filter((word) => !word.startsWith("-"))
let faults = 0
for (const cli of chosenClis()) {
  await install(cli)
  const cells: Array<string> = []
  for (const check of checks.filter(({ name }) => only.length === 0 || only.includes(name))) {
    const { millis, fault } = await run(cli, check)
    if (fault !== undefined) faults++
    cells.push(`${check.name} ${fault === undefined ? "ok" : `FAULT (${fault})`} ${(millis / 1000).toFixed(1)} s`)
  }
  console.log(`${nameOf(cli).padEnd(16)} ${cells.join(" | ")}`)
}
process.exitCode = faults === 0 ? 0 : 1

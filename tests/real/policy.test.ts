/** What policies ask of the CLIs, seen from the model's side: which tools it is offered, and what they reach. */
import { existsSync } from "node:fs"
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { RunyardError } from "runyard"
import { answer, reply, say, shell, type Step } from "../fake-model/Script.ts"
import { cases, type Cli, nameOf } from "./Clis.ts"
import { onStage, type Stage } from "./Stage.ts"

/** Without the one that newer versions put there in place of tools that they would load later, of which there are none. */
const offered = ({ model }: Stage): ReadonlyArray<string> =>
  [...(model.turns()[0]?.tools.keys() ?? [])].filter((name) => name !== "DeferredToolPlaceholder").toSorted()

describe.each(cases(({ provider }) => provider === "claude"))("$name", ({ cli }) => {
  it("ends at the turns that a policy sets", () =>
    onStage(cli, { script: () => shell("echo again") }, async ({ model, start }) => {
      const run = await (await start({ policy: { maxTurns: 2 } })).ended()
      assert.strictEqual(run.state, "failed")
      assert.strictEqual(run.error?.code, "CLI_MAX_TURNS")
      assert.isAtMost(model.turns().length, 3)
    }))

  it("ends once it has spent what a policy sets", () => {
    const dear = { usage: { input: 1_000_000, output: 100_000 } }
    return onStage(cli, { script: () => shell("echo again", dear) }, async ({ model, start }) => {
      const run = await (await start({ policy: { maxCostUsd: 0.01 } })).ended()
      assert.strictEqual(run.state, "failed")
      // Whoever sees it first: the CLI before its next request, or Runyard by the tokens that it tells.
      assert.include(["CLI_BUDGET_EXCEEDED", "POLICY_BUDGET"], run.error?.code)
      assert.isAtMost(model.turns().length, 2)
    })
  })

  it("offers the model the tools that a policy allows, and no others", () =>
    onStage(cli, { script: [say("Hello.")] }, async (stage) => {
      const run = await (await stage.start({ policy: { allowedTools: ["Read", "Grep"], network: "deny" } })).ended()
      assert.strictEqual(run.state, "succeeded")
      assert.deepStrictEqual(offered(stage), ["Grep", "Read"])
    }))

  it("starts no server of the user's where a policy says which tools there are", () =>
    onStage(cli, { script: () => say("Hello.") }, async ({ environment, start }) => {
      const sign = path.join(environment.data, "server-was-started")
      const server = { command: "sh", args: ["-c", `touch ${sign}; cat`] }
      await writeFile(path.join(environment.home, ".claude.json"), JSON.stringify({ mcpServers: { mine: server } }))
      await (await start({ policy: { allowedTools: ["Read"] } })).ended()
      assert.isFalse(existsSync(sign))
      // Else the test could not fail.
      await (await start()).ended()
      assert.isTrue(existsSync(sign))
    }))

  it("offers none that a policy denies, though the request allows it", () =>
    onStage(cli, { script: [say("Hello.")] }, async (stage) => {
      const options = { allowedTools: ["Bash", "WebFetch"] }
      const run = await (await stage.start({ options, policy: { deniedTools: ["Bash", "WebFetch"] } })).ended()
      assert.strictEqual(run.state, "succeeded")
      assert.notInclude(offered(stage), "Bash")
      assert.notInclude(offered(stage), "WebFetch")
      assert.include(offered(stage), "Read")
    }))

  it("does not run a command that a policy denies by its words", () => {
    const script = [shell("touch denied.txt"), say("It was denied.")]
    return onStage(cli, { script }, async ({ environment, start }) => {
      const run = await (await start({ policy: { deniedTools: ["Bash(touch:*)"] } })).ended()
      assert.strictEqual(run.state, "succeeded")
      const found = await readFile(path.join(environment.workspace, "denied.txt")).catch(() => undefined)
      assert.isUndefined(found)
    })
  })

  it("refuses a policy without network while it has commands", () =>
    onStage(cli, {}, async ({ model, start }) => {
      const refusal = await start({ policy: { network: "deny" } }).catch((error: unknown) => error)
      assert.instanceOf(refusal, RunyardError)
      assert.strictEqual(refusal.code, "POLICY_NOT_ENFORCED")
      assert.lengthOf(model.requests, 0)
    }))
})

/** It asks a model for a structured answer without end. */
const loops = (cli: Cli): boolean => nameOf(cli) === "claude-2.1.100"

describe.each(cases((cli) => cli.provider === "claude" && !loops(cli)))("$name", ({ cli }) => {
  it("gives a structured answer although a policy leaves it no tools", () =>
    onStage(cli, { script: [answer({ colour: "green" }), say("Done.")] }, async ({ start }) => {
      const outputSchema = { type: "object", properties: { colour: { type: "string" } }, required: ["colour"] }
      const run = await (await start({ outputSchema, policy: { allowedTools: [] } })).ended()
      assert.deepStrictEqual(run.structured, { colour: "green" })
    }))
})

describe.each(cases())("$name", ({ cli }) => {
  it("keeps its limits where a repository, or the user's own configuration, would take them away", () => {
    const script = [shell("touch written.txt; echo tried-$((40+2))"), say("Done.")]
    return onStage(cli, { script }, async ({ environment, yard }) => {
      const open = 'sandbox_mode = "danger-full-access"\n'
      const bypass = JSON.stringify({ permissions: { defaultMode: "bypassPermissions" } })
      const inRepository = cli.provider === "codex" ? ".codex/config.toml" : ".claude/settings.json"
      await mkdir(path.join(environment.workspace, path.dirname(inRepository)))
      await writeFile(path.join(environment.workspace, inRepository), cli.provider === "codex" ? open : bypass)
      const own = path.join(environment.home, cli.provider === "codex" ? "codex/config.toml" : ".claude/settings.json")
      const trust = `\n[projects."${environment.workspace}"]\ntrust_level = "trusted"\n`
      await writeFile(own, cli.provider === "codex" ? open + (await readFile(own, "utf8")) + trust : bypass)
      // No mode and no sandbox, unlike what the stage asks for.
      const request = { prompt: "Do as the script says.", cwd: environment.workspace, env: environment.providerEnv }
      const run = await (await yard.start({ provider: cli.provider, ...request })).result()
      assert.strictEqual(run.state, "succeeded")
      const found = await readFile(path.join(environment.workspace, "written.txt")).catch(() => undefined)
      assert.isUndefined(found)
    })
  })
})

/** Tries to reach the fake model from a command; what it prints is not in the command's own text. */
const connect = (url: string): Step => {
  const { port } = new URL(url)
  return shell(`bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port} && echo conn-$((40+2))' || echo fail-$((40+2))`)
}

const newest = (cli: Cli): boolean => nameOf(cli) === "codex-0.169.0"

describe.each(cases(({ provider }) => provider === "codex"))("$name", ({ cli }) => {
  const withNetwork = async ({ environment }: Stage): Promise<void> => {
    const open = "\n[sandbox_workspace_write]\nnetwork_access = true\n\n[tools]\nweb_search = true\n"
    await appendFile(path.join(environment.home, "codex", "config.toml"), open)
  }
  const outputOf = async (stage: Stage, request: Parameters<Stage["start"]>[0]) => {
    const followed = await stage.start(request)
    const run = await followed.ended()
    assert.strictEqual(run.state, "succeeded")
    return followed
      .all("agent.tool_completed")
      .map(({ payload }) => payload.output ?? "")
      .join("\n")
  }

  it("takes the network from commands, and the web search, whatever the user's configuration says", () => {
    const script: Array<Step> = []
    return onStage(cli, { script }, async (stage) => {
      await withNetwork(stage)
      script.push(connect(stage.model.url), say("Done."))
      // Else the test could not fail.
      assert.include(await outputOf(stage, {}), "conn-42")
      script.push(connect(stage.model.url), say("Done."))
      const before = stage.model.turns().length
      const policy = { network: "deny", unenforced: newest(cli) ? "refuse" : "warn" } as const
      assert.include(await outputOf(stage, { policy }), "fail-42")
      const bodies = stage.model.turns().map(({ body }) => JSON.stringify(body["tools"]))
      assert.include(bodies[0], '"web_search"')
      assert.notInclude(bodies[before], '"web_search"')
    })
  })

  it("says where it cannot promise that", () =>
    onStage(cli, { script: [say("Hello.")] }, async ({ start }) => {
      const started = await start({ policy: { network: "deny" } }).catch((error: unknown) => error)
      if (started instanceof RunyardError) assert.strictEqual(started.code, "POLICY_NOT_ENFORCED")
      assert.strictEqual(started instanceof RunyardError, !newest(cli))
      if (!(started instanceof Error)) await (started as Awaited<ReturnType<typeof start>>).ended()
    }))

  it("keeps the sandbox of a resumed run, whatever the user's configuration says", () => {
    const script: Array<Step> = [say("Hello.")]
    return onStage(cli, { script }, async (stage) => {
      const first = await (await stage.start()).ended()
      const config = path.join(stage.environment.home, "codex", "config.toml")
      const own = await readFile(config, "utf8")
      const open = 'sandbox_mode = "danger-full-access"\n'
      // Newer versions refuse to start with a default profile.
      await writeFile(config, newest(cli) ? open + own : `profile = "p"\n${own}\n[profiles.p]\n${open}`)
      script.push(reply([{ shell: "touch written.txt; echo tried-$((40+2))" }]), say("Done."))
      const session = { kind: "resume", id: first.sessionId ?? "" } as const
      assert.include(await outputOf(stage, { session, sandbox: "read-only" }), "tried-42")
      const found = await readFile(path.join(stage.environment.workspace, "written.txt")).catch(() => undefined)
      assert.isUndefined(found)
    })
  })
})

// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { fireEvent, screen } from "@testing-library/react"
import { beforeEach, vi } from "vitest"
import { Composer } from "../../src/composer/Composer.tsx"
import { draftOf } from "../../src/composer/draft.ts"
import { useDraft } from "../../src/composer/useDraft.ts"
import { capabilities, policies, settings } from "../support/mockData.ts"
import { type Answers, refusal, render } from "../support/render.tsx"

const Form = () => <Composer {...useDraft()} />

const run = { id: "run_0123456789abcdef" }
const answers = (more: Answers = {}): Answers => ({
  "GET /capabilities": () => ({ diagnoses: capabilities }),
  "GET /policy": () => policies[0],
  "GET /grants": () => ({ grants: [] }),
  "POST /runs/check": () => ({ ok: true, warnings: [] }),
  "POST /runs": () => ({ run, admission: { decision: "admitted", code: "STARTS", run, message: "It starts now." } }),
  ...more,
})

const prompt = () => screen.findByLabelText<HTMLTextAreaElement>("Prompt")
const write = async (text: string) => {
  await prompt()
  fireEvent.change(screen.getByLabelText("Workspace"), { target: { value: "/home/ada/parser" } })
  fireEvent.change(await prompt(), { target: { value: text } })
  await screen.findByText("Claude Code")
}
const submits = (sent: ReturnType<typeof render>["sent"]) => sent.filter(({ route }) => route === "POST /runs")

beforeEach(() => {
  sessionStorage.clear()
  localStorage.clear()
})

describe("Composer", () => {
  it("starts the run with Control and Enter, and opens it", async () => {
    const { path, sent } = render(<Form />, answers())
    await write("Write a test")
    fireEvent.keyDown(await prompt(), { key: "Enter", ctrlKey: true })
    await vi.waitFor(() => assert.strictEqual(path(), `/runs/${run.id}`))
    const [submit] = submits(sent)
    assert.deepStrictEqual(submit?.body, { provider: "claude", prompt: "Write a test", cwd: "/home/ada/parser" })
    assert.match(submit?.headers.get("idempotency-key") ?? "", /^[0-9a-f-]{36}$/)
    assert.strictEqual((JSON.parse(sessionStorage.getItem("runyard.draft") ?? "{}") as { prompt: string }).prompt, "")
  })

  describe("before the server has said what there is", () => {
    const held = (route: string, more: Answers = {}) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const all = answers({ "GET /settings": () => settings, ...more })
      const slow = async (sent: Parameters<Answers[string]>[0]) => (await promise, all[route]?.(sent))
      return { answers: { ...all, [route]: slow }, release: resolve }
    }
    const button = () => screen.getByRole<HTMLButtonElement>("button", { name: /Start run/ })

    it("cannot be started where it may still be filled, and says why", async () => {
      const { answers: slow, release } = held("GET /settings")
      const { sent } = render(<Form />, slow)
      await prompt()
      assert.isTrue(button().disabled)
      const reason = document.getElementById(button().getAttribute("aria-describedby") ?? "")
      assert.include(reason?.textContent, "Asking the server what there is…")
      fireEvent.keyDown(await prompt(), { key: "Enter", ctrlKey: true })
      release()
      await vi.waitFor(() => assert.isFalse(button().disabled))
      assert.isNull(button().getAttribute("aria-busy"))
      assert.deepStrictEqual(submits(sent), [], "what nobody has seen is not started")
    })

    it("starts once as soon as the agents are known, when it was asked to", async () => {
      const { answers: slow, release } = held("GET /capabilities")
      const { path, sent } = render(<Form />, slow)
      await prompt()
      fireEvent.change(screen.getByLabelText("Workspace"), { target: { value: "/home/ada/parser" } })
      fireEvent.change(await prompt(), { target: { value: "Write a test" } })
      fireEvent.click(button())
      await screen.findByText(/The run starts then/)
      fireEvent.keyDown(await prompt(), { key: "Enter", ctrlKey: true })
      assert.deepStrictEqual(submits(sent), [])
      release()
      await vi.waitFor(() => assert.strictEqual(path(), `/runs/${run.id}`))
      assert.deepStrictEqual(
        submits(sent).map(({ body }) => body),
        [{ provider: "claude", prompt: "Write a test", cwd: "/home/ada/parser" }],
      )
    })

    it("does not start by itself what was changed after that", async () => {
      const { answers: slow, release } = held("GET /capabilities")
      const { sent } = render(<Form />, slow)
      await prompt()
      fireEvent.change(screen.getByLabelText("Workspace"), { target: { value: "/home/ada/parser" } })
      fireEvent.change(await prompt(), { target: { value: "Write a test" } })
      fireEvent.click(button())
      await screen.findByText(/The run starts then/)
      fireEvent.change(await prompt(), { target: { value: "Write a test, or rather" } })
      release()
      await screen.findByText("Ready to start")
      assert.deepStrictEqual(submits(sent), [])
    })

    it("says that there is no agent", async () => {
      render(<Form />, answers({ "GET /settings": () => settings, "GET /capabilities": () => ({ diagnoses: [] }) }))
      await screen.findByText("This server has no agent")
      assert.isTrue(button().disabled)
    })
  })

  describe("in a demonstration", () => {
    const playground = {
      workspace: "/srv/playground",
      prompt: "Look around.",
      options: { claude: { allowedTools: ["Bash(ls)"] } },
    }
    const demo = (diagnoses: unknown) =>
      answers({
        "GET /settings": () => ({ ...settings, demo: true, playground }),
        "GET /capabilities": () => ({ diagnoses }),
      })
    const startedWith = async (sent: ReturnType<typeof render>["sent"]) => {
      await vi.waitFor(() => assert.isNull(screen.getByRole("button", { name: /Start run/ }).getAttribute("aria-busy")))
      fireEvent.keyDown(await prompt(), { key: "Enter", ctrlKey: true })
      await vi.waitFor(() => assert.lengthOf(submits(sent), 1))
      return submits(sent)[0]?.body
    }

    it("begins with a place, a task and what the agent needs there, so that it only has to be started", async () => {
      const { sent } = render(<Form />, demo(capabilities))
      await screen.findByText("Claude Code")
      assert.deepStrictEqual(await startedWith(sent), {
        provider: "claude",
        prompt: "Look around.",
        cwd: "/srv/playground",
        options: { allowedTools: ["Bash(ls)"] },
      })
      const { cwd } = JSON.parse(localStorage.getItem("runyard.last") ?? "{}") as { readonly cwd: string }
      assert.strictEqual(cwd, "", "it will be gone the next time")
    })

    it("begins with the scripted agent where nobody is signed in to another one", async () => {
      const signedOut = capabilities.map((each) =>
        each.provider === "claude" ? { ...each, auth: { state: "missing", message: "Sign in." } } : each,
      )
      const { sent } = render(<Form />, demo(signedOut))
      await screen.findByText("Scripted agent")
      assert.deepStrictEqual(await startedWith(sent), {
        provider: "scripted",
        prompt: "Look around.",
        cwd: "/srv/playground",
      })
    })

    it("leaves alone what somebody has written", async () => {
      sessionStorage.setItem("runyard.draft", JSON.stringify({ prompt: "Mine" }))
      render(<Form />, demo(capabilities))
      await screen.findByText("Claude Code")
      assert.strictEqual((await prompt()).value, "Mine")
      assert.strictEqual(screen.getByLabelText<HTMLInputElement>("Workspace").value, "")
    })
  })

  it("shows a refusal at its field, with code and remedy", async () => {
    const { problem } = refusal("POLICY_NO_GRANT", 403, "Nobody has granted it", { field: "cwd" })
    render(<Form />, answers({ "POST /runs/check": () => ({ ok: false, problem }) }))
    await write("Write a test")
    await screen.findByText("POLICY_NO_GRANT")
    const field = screen.getByLabelText("Workspace")
    assert.strictEqual(field.getAttribute("aria-invalid"), "true")
    const text = document.getElementById(field.getAttribute("aria-describedby") ?? "")?.textContent ?? ""
    assert.include(text, "Nobody has granted it")
    assert.include(text, "Do otherwise.")
    assert.isNotNull(screen.getByRole("button", { name: "Grant…" }))
  })

  it("sends the same key again when nobody answered, and another one for another request", async () => {
    let calls = 0
    const { sent } = render(
      <Form />,
      answers({
        "POST /runs": () => {
          calls++
          throw new TypeError("network")
        },
      }),
    )
    const send = async () => {
      const before = calls
      fireEvent.keyDown(await prompt(), { key: "Enter", ctrlKey: true })
      await vi.waitFor(() => assert.strictEqual(calls, before + 1))
      await screen.findByText("It is not known whether the run was started")
    }
    await write("Write a test")
    await send()
    await send()
    await write("Write another test")
    await send()
    const keys = submits(sent).map(({ headers }) => headers.get("idempotency-key"))
    assert.strictEqual(keys[0], keys[1])
    assert.notStrictEqual(keys[1], keys[2])
  })

  it("asks for nothing while the prompt is empty, and says so when it is to start", async () => {
    const { sent } = render(<Form />, answers())
    fireEvent.keyDown(await prompt(), { key: "Enter", metaKey: true })
    await screen.findByText("Say what is to be done.")
    await screen.findByText("Say where the agent is to work.")
    assert.deepStrictEqual(submits(sent), [])
  })

  it("has the draft again after a reload", async () => {
    const first = render(<Form />, answers())
    await write("Write a test")
    first.unmount()
    render(<Form />, answers())
    assert.strictEqual((await prompt()).value, "Write a test")
  })
})

describe("Composer, of a rerun", () => {
  const before = { provider: "claude", prompt: "Write a test", cwd: "/home/ada/parser" }
  const rerunAnswers = () =>
    answers({
      [`POST /runs/${run.id}/rerun`]: () => ({
        run,
        admission: { decision: "admitted", code: "STARTS", run, message: "It starts now." },
      }),
    })
  const open = () => {
    sessionStorage.setItem("runyard.draft", JSON.stringify(draftOf(before, run.id)))
    return render(<Form />, rerunAnswers())
  }
  const start = async () => fireEvent.keyDown(await prompt(), { key: "Enter", ctrlKey: true })

  it("says what is changed, and lets the server repeat the rest", async () => {
    const { path, sent } = open()
    fireEvent.change(await screen.findByLabelText("Model"), { target: { value: "opus" } })
    await start()
    await vi.waitFor(() => assert.strictEqual(path(), `/runs/${run.id}`))
    const body = sent.find(({ route }) => route.endsWith("/rerun"))?.body as { readonly overrides: object }
    assert.deepInclude(body.overrides, { model: "opus" })
    assert.deepStrictEqual(Object.keys(body.overrides).toSorted(), ["idempotencyKey", "model"])
  })

  it("sends the whole request where the prompt is another, linked to the run", async () => {
    const { path, sent } = open()
    await write("Write two tests")
    await start()
    await vi.waitFor(() => assert.strictEqual(path(), `/runs/${run.id}`))
    assert.deepStrictEqual(submits(sent)[0]?.body, { ...before, prompt: "Write two tests", rerunOf: run.id })
  })
})

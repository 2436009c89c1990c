// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { fireEvent, screen } from "@testing-library/react"
import { vi } from "vitest"
import type { RunEvent } from "../../src/api/types.ts"
import { refusal } from "../support/render.tsx"
import { renderApp, sse, withLayout } from "../support/renderApp.tsx"
import { runId, runOf } from "../support/runOf.ts"
import { event, message } from "./events.ts"

withLayout()

const frame = (each: RunEvent) => `id: ${each.seq}\nevent: run\ndata: ${JSON.stringify(each)}`
const liveFrame = (text: string, offset: number) =>
  `event: live\ndata: ${JSON.stringify({ messageId: "m:0", offset, text })}`

const log = (events: ReadonlyArray<RunEvent>) => ({
  [`GET /runs/${runId}/log`]: ({ query }: { readonly query: URLSearchParams }) => {
    const after = Number(query.get("after") ?? 0)
    return { events: events.slice(after, after + Number(query.get("limit") ?? 500)), lastSeq: events.length }
  },
})

const texts = () => screen.getAllByLabelText("Message").map((each) => each.textContent)

describe("RunPage", () => {
  it("goes on where the stream broke, and shows every message once", async () => {
    const stored = [message(1), message(2)]
    const resumed: Array<string | null> = []
    const { sent } = renderApp(`/runs/${runId}`, {
      [`GET /runs/${runId}`]: () => runOf({ lastSeq: 2 }),
      ...log(stored),
      [`GET /runs/${runId}/events`]: ({ headers }) => {
        resumed.push(headers.get("last-event-id"))
        return resumed.length === 1
          ? sse([frame(message(3)), frame(message(4))], "break")
          : sse([frame(message(4)), frame(message(5))])
      },
    })
    await vi.waitFor(() => assert.deepStrictEqual(texts(), ["m1", "m2", "m3", "m4", "m5"]), { timeout: 10_000 })
    assert.deepStrictEqual(resumed, ["2", "4"])
    assert.isTrue(sent.every(({ route }) => route.startsWith("GET ")))
  })

  it("shows a message while it is written, and once when it is done", async () => {
    const done = event(2, "agent.message", { messageId: "m", text: "Hello world" })
    let finish: () => void = () => undefined
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const send = (text: string) => controller.enqueue(new TextEncoder().encode(`${text}\n\n`))
        send(liveFrame("Hello", 0))
        send(liveFrame(" wor", 5))
        finish = () => send(frame(done))
      },
    })
    renderApp(`/runs/${runId}`, {
      [`GET /runs/${runId}`]: () => runOf({ lastSeq: 1 }),
      ...log([message(1)]),
      [`GET /runs/${runId}/events`]: () => new Response(body),
    })
    await vi.waitFor(() => assert.deepStrictEqual(texts(), ["m1", "Hello worWriting"]), { timeout: 5_000 })
    finish()
    await vi.waitFor(() => assert.deepStrictEqual(texts(), ["m1", "Hello world"]), { timeout: 5_000 })
  })

  it("asks the agent to stop first, and kills when it is asked again", async () => {
    const { bodies } = renderApp(`/runs/${runId}`, {
      [`GET /runs/${runId}`]: () => runOf(),
      ...log([]),
      [`GET /runs/${runId}/events`]: () => sse([]),
      [`POST /runs/${runId}/cancel`]: () => runOf(),
    })
    fireEvent.click(await screen.findByRole("button", { name: "Cancel" }))
    fireEvent.click(await screen.findByRole("button", { name: "Kill now" }))
    await vi.waitFor(() =>
      assert.deepStrictEqual(bodies(`POST /runs/${runId}/cancel`), [{ force: false }, { force: true }]),
    )
  })

  it("says why a run waits, in the server's words", async () => {
    renderApp(`/runs/${runId}`, {
      [`GET /runs/${runId}`]: () => runOf({ state: "queued", attempts: [] }),
      [`GET /runs/${runId}/explain`]: () => ({
        runId,
        state: "queued",
        reasons: [],
        position: 3,
        text: "It waits: others come first.",
      }),
      ...log([]),
      [`GET /runs/${runId}/events`]: () => sse([]),
    })
    const panel = await screen.findByLabelText("Why it waits")
    await vi.waitFor(() => assert.include(panel.textContent, "others come first"))
    assert.include(panel.textContent, "Place3")
  })

  it.each(["error", "info"] as const)(
    "comes to the first error of a log that ends with one of %s",
    async (severity) => {
      const events = Array.from({ length: 3_000 }, (_, index) => message(index + 1))
      events[4] = event(5, "agent.message", { text: "the first failure" }, { severity: "error" })
      events[2_999] = event(3_000, "agent.message", { text: "the last event" }, { severity })
      const asked: Array<string | null> = []
      renderApp(`/runs/${runId}`, {
        [`GET /runs/${runId}`]: () => runOf({ state: "failed", endedAt: 5_000, lastSeq: 3_000 }),
        [`GET /runs/${runId}/log`]: ({ query }) => {
          const after = Number(query.get("after") ?? 0)
          if (query.get("severity") === null)
            return { events: events.slice(after, after + Number(query.get("limit") ?? 500)), lastSeq: 3_000 }
          asked.push(query.get("after"))
          // As a server answers that looks at so many at once.
          return after === 0
            ? { events: [], lastSeq: 3_000, next: 2 }
            : { events: [events[4]], lastSeq: 3_000, next: 5 }
        },
      })
      fireEvent.click(await screen.findByRole("button", { name: "First error" }))
      await screen.findByText("the first failure")
      assert.isNull(screen.queryByText("the last event"))
      assert.deepStrictEqual(asked, ["0", "2"])
    },
  )

  it("says with code and remedy that a run is not there", async () => {
    renderApp(`/runs/${runId}`, {
      [`GET /runs/${runId}`]: () => {
        throw refusal("STORE_RUN_NOT_FOUND", 404, "There is no such run")
      },
    })
    const alert = await screen.findByRole("alert")
    for (const part of ["There is no such run", "Do otherwise.", "STORE_RUN_NOT_FOUND"])
      assert.include(alert.textContent, part)
  })

  it("makes nothing of hostile text but text", async () => {
    const hostile = [
      '<script>globalThis.hacked = true</script> <img src=x onerror="globalThis.hacked = true">',
      "![a picture](https://example.invalid/pixel.png) [run](javascript:alert(1)) [data](data:text/html,x)",
      "[good](https://example.com/a) <https://user:pass@example.com/> \u202Etxt.exe \u001b]52;c;eA==\u0007end",
    ].join("\n\n")
    const ended = event(4, "run.completed", {})
    const { container } = renderApp(`/runs/${runId}`, {
      [`GET /runs/${runId}`]: () => runOf({ state: "succeeded", endedAt: 5_000, lastSeq: 4 }),
      ...log([
        event(1, "agent.message", { text: hostile }),
        event(2, "agent.tool_started", {
          toolId: "t",
          kind: "other",
          name: "<b>tool</b>\u202E",
          command: "\u001b[2J<i>",
        }),
        event(3, "agent.tool_completed", {
          toolId: "t",
          kind: "other",
          name: "<b>tool</b>\u202E",
          status: "failed",
          output: "\u001b]0;title\u0007\u001b[31m<u>red</u>\u009b2J",
          changes: [{ path: "a\u202Eb<s>", kind: "update", diff: "@@ -1 +1 @@\n-<script>\n+\u001b[8mhidden" }],
        }),
        ended,
      ]),
    })
    await vi.waitFor(() => assert.isNotNull(container.querySelector("a[href='https://example.com/a']")), {
      timeout: 10_000,
    })
    assert.strictEqual(
      container.querySelectorAll("[role=listitem] :is(img, script, iframe, b, i, u, s, object)").length,
      0,
    )
    const links = [...container.querySelectorAll<HTMLAnchorElement>("[role=listitem] a")]
    assert.deepStrictEqual(
      links.map(({ href, rel }) => [href, rel]),
      [["https://example.com/a", "noopener noreferrer"]],
    )
    // oxlint-disable-next-line no-control-regex -- control characters are the subject
    assert.notMatch(container.textContent, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
    assert.isUndefined(Reflect.get(globalThis, "hacked"))
  })
})

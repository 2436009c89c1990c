// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { fireEvent, screen, within } from "@testing-library/react"
import { beforeEach, vi } from "vitest"
import type { Schedule } from "../../src/api/types.ts"
import { capabilities, policies } from "../support/mockData.ts"
import { schedules } from "../support/mockOperator.ts"
import { type Answers, refusal } from "../support/render.tsx"
import { renderApp, withLayout } from "../support/renderApp.tsx"

withLayout()
beforeEach(() => {
  sessionStorage.clear()
  localStorage.clear()
})

const [first, second] = schedules() as [Schedule, Schedule]
const times = [Date.UTC(2030, 0, 7, 8), Date.UTC(2030, 0, 8, 8)]

const answers = (more: Answers = {}): Answers => ({
  "GET /schedules": () => ({ schedules: schedules() }),
  "GET /capabilities": () => ({ diagnoses: capabilities }),
  "GET /policy": () => policies[0],
  "GET /grants": () => ({ grants: [] }),
  "POST /runs/check": () => ({ ok: true, warnings: [] }),
  "POST /schedules": () => first,
  "POST /schedules/preview": () => ({ times }),
  [`GET /schedules/${first.id}/next`]: () => ({ times }),
  [`POST /schedules/${first.id}/pause`]: () => first,
  [`POST /schedules/${second.id}/resume`]: () => second,
  [`DELETE /schedules/${first.id}`]: () => first,
  ...more,
})

const title = "Update what the project depends on"

describe("SchedulesPage", () => {
  it("lists schedules with their zone, next time, last run and refusal", async () => {
    renderApp("/schedules", answers())
    await screen.findByText(title)
    const rows = screen.getAllByRole("listitem").filter((row) => row.textContent?.includes("Remove"))
    assert.include(rows[0]?.textContent, "America/New_York")
    assert.strictEqual(
      screen.getByRole("link", { name: /^Last run of Update what/ }).getAttribute("href"),
      `/runs/${first.lastRun?.runId}`,
    )
    assert.include(rows[1]?.textContent, "Paused")
    assert.include(rows[1]?.textContent, "UTC")
    assert.include(rows[2]?.textContent, "POLICY_NO_GRANT")
  })

  it("shows the next times of one that is opened, here and by its own clock", async () => {
    renderApp("/schedules", answers())
    fireEvent.click(await screen.findByText(title))
    const list = await screen.findByRole("list", { name: "Next times" })
    assert.lengthOf(within(list).getAllByRole("listitem"), 2)
    assert.include(list.textContent, "there")
    assert.include(
      list.textContent,
      new Intl.DateTimeFormat(undefined, { minute: "2-digit", hour: "numeric", timeZone: "America/New_York" }).format(
        times[0],
      ),
    )
  })

  it("pauses, resumes, and removes after it has asked", async () => {
    const { sent } = renderApp("/schedules", answers())
    fireEvent.click(await screen.findByRole("button", { name: `Pause ${title}` }))
    fireEvent.click(screen.getByRole("button", { name: `Resume ${second.name}` }))
    fireEvent.click(screen.getByRole("button", { name: `Remove ${title}` }))
    const dialog = await screen.findByRole("dialog")
    assert.isFalse(sent.some(({ route }) => route.startsWith("DELETE")))
    fireEvent.click(within(dialog).getByRole("button", { name: "Remove" }))
    await vi.waitFor(() =>
      assert.deepStrictEqual(
        sent.filter(({ route }) => !route.startsWith("GET")).map(({ route }) => route),
        [`POST /schedules/${first.id}/pause`, `POST /schedules/${second.id}/resume`, `DELETE /schedules/${first.id}`],
      ),
    )
  })

  it("previews an expression while it is typed, and saves it with the run", async () => {
    const { bodies } = renderApp("/schedules", answers({ "GET /schedules": () => ({ schedules: [] }) }))
    await screen.findByText("Nothing is scheduled")
    fireEvent.click(screen.getByRole("button", { name: "New schedule" }))
    const dialog = await screen.findByRole("dialog")
    fireEvent.change(within(dialog).getByLabelText("Cron expression"), { target: { value: "0 9 * * 1" } })
    fireEvent.change(within(dialog).getByLabelText("Time zone"), { target: { value: "Europe/Berlin" } })
    fireEvent.change(within(dialog).getByLabelText("Workspace"), { target: { value: "/home/ada/parser" } })
    fireEvent.change(within(dialog).getByLabelText("Prompt"), { target: { value: "Write a test" } })
    await within(dialog).findByText("Claude Code")
    await within(dialog).findByRole("list", { name: "Next times" })
    assert.deepStrictEqual(bodies("POST /schedules/preview"), [
      { expression: "0 9 * * 1", timeZone: "Europe/Berlin", count: 5 },
    ])
    fireEvent.click(within(dialog).getByRole("button", { name: "Save the schedule" }))
    await vi.waitFor(() =>
      assert.deepStrictEqual(bodies("POST /schedules"), [
        {
          request: { provider: "claude", prompt: "Write a test", cwd: "/home/ada/parser" },
          expression: "0 9 * * 1",
          missed: "skip",
          overlap: "allow",
          timeZone: "Europe/Berlin",
        },
      ]),
    )
    await vi.waitFor(() => assert.isNull(screen.queryByRole("dialog", { name: "New schedule" })))
  })

  it("runs one now, and shows what came of its last times", async () => {
    const fires: Schedule["fires"] = [
      { due: times[0] ?? 0, outcome: "run", runId: "run_00000000000000done" },
      { due: times[1] ?? 0, outcome: "skipped", why: "overlap", runId: "run_00000000000000done" },
      { due: (times[1] ?? 0) + 5, by: "ada", outcome: "refused", code: "QUEUE_FULL" },
    ]
    const { sent } = renderApp(
      "/schedules",
      answers({
        "GET /schedules": () => ({ schedules: [{ ...first, fires, overlap: "queue", waiting: times[1] }] }),
        [`POST /schedules/${first.id}/fire`]: () => ({ id: "run_00000000000000done" }),
      }),
    )
    fireEvent.click(await screen.findByRole("button", { name: `Run now: ${title}` }))
    await vi.waitFor(() => assert.isTrue(sent.some(({ route }) => route === `POST /schedules/${first.id}/fire`)))
    await screen.findByText("Waits for a run to end")
    fireEvent.click(screen.getByText(title))
    const list = within(await screen.findByRole("list", { name: "Last times" }))
    const [refused, skipped] = list.getAllByRole("listitem")
    assert.include(refused?.textContent, "asked for by ada")
    assert.include(refused?.textContent, "Refused: QUEUE_FULL")
    assert.include(skipped?.textContent, "Skipped: a run had not ended")
    assert.strictEqual(list.getAllByRole("link").at(-1)?.getAttribute("href"), "/runs/run_00000000000000done")
    await screen.findByText(/While a run has not ended: one run after it/)
  })

  it("changes only what is changed, of the revision that was seen, and shows what somebody else has made of it", async () => {
    let now: Schedule = { ...first, request: { ...first.request, options: { maxTurns: 3 }, title: "Nightly" } }
    let conflicts = 1
    const { bodies } = renderApp(
      "/schedules",
      answers({
        "GET /schedules": () => ({ schedules: [now] }),
        [`PATCH /schedules/${first.id}`]: () => {
          if (conflicts-- <= 0) return now
          now = { ...now, revision: 2, name: "By Bob" }
          throw refusal("QUEUE_SCHEDULE_CHANGED", 409, "Somebody has changed it")
        },
      }),
    )
    fireEvent.click(await screen.findByRole("button", { name: "Edit Nightly" }))
    const dialog = within(await screen.findByRole("dialog", { name: "Change the schedule" }))
    assert.propertyVal(dialog.getByLabelText("Cron expression"), "value", first.times.expression)
    fireEvent.change(dialog.getByLabelText("Cron expression"), { target: { value: "30 4 * * *" } })
    await dialog.findByText("Claude Code")
    fireEvent.click(dialog.getByRole("button", { name: "Save the changes" }))
    fireEvent.click(await dialog.findByRole("button", { name: "Show it as it is now" }))
    await screen.findByDisplayValue("By Bob")
    const again = within(screen.getByRole("dialog", { name: "Change the schedule" }))
    fireEvent.change(again.getByLabelText("Prompt"), { target: { value: "Another" } })
    fireEvent.change(again.getByLabelText("Name"), { target: { value: "" } })
    await again.findByText("Claude Code")
    fireEvent.click(again.getByRole("button", { name: "Save the changes" }))
    await vi.waitFor(() =>
      assert.deepStrictEqual(bodies(`PATCH /schedules/${first.id}`), [
        { revision: 1, expression: "30 4 * * *" },
        { revision: 2, name: null, request: { ...now.request, prompt: "Another" } },
      ]),
    )
  })

  it("keeps what is written when it is closed by a key, and forgets it when it is cancelled", async () => {
    renderApp("/schedules", answers())
    const open = async () => {
      fireEvent.click(await screen.findByRole("button", { name: "New schedule" }))
      return within(await screen.findByRole("dialog", { name: "New schedule" }))
    }
    const gone = () => vi.waitFor(() => assert.isNull(screen.queryByRole("dialog", { name: "New schedule" })))
    const first = await open()
    fireEvent.change(first.getByLabelText("Prompt"), { target: { value: "Write a test" } })
    fireEvent.keyDown(first.getByLabelText("Prompt"), { key: "Escape" })
    await gone()
    const again = await open()
    assert.strictEqual(again.getByLabelText<HTMLTextAreaElement>("Prompt").value, "Write a test")
    fireEvent.click(again.getByRole("button", { name: "Cancel" }))
    await gone()
    assert.strictEqual((await open()).getByLabelText<HTMLTextAreaElement>("Prompt").value, "")
  })

  it("says at its field what is wrong with an expression, and saves nothing without the rest", async () => {
    const refuse = () => {
      throw refusal("QUEUE_SCHEDULE_INVALID", 400, "The cron expression cannot be read")
    }
    const { bodies } = renderApp("/schedules", answers({ "POST /schedules/preview": refuse }))
    fireEvent.click(await screen.findByRole("button", { name: "New schedule" }))
    const dialog = await screen.findByRole("dialog")
    const field = within(dialog).getByLabelText("Cron expression")
    fireEvent.change(field, { target: { value: "soon" } })
    await within(dialog).findByText("The cron expression cannot be read")
    assert.strictEqual(field.getAttribute("aria-invalid"), "true")
    fireEvent.click(within(dialog).getByRole("button", { name: "Save the schedule" }))
    await within(dialog).findByText("Say what is to be done.")
    assert.deepStrictEqual(bodies("POST /schedules"), [])
  })

  it("says with code that they cannot be loaded", async () => {
    const refuse = () => {
      throw refusal("HTTP_SCOPE_MISSING", 403, "You may not look at schedules")
    }
    renderApp("/schedules", answers({ "GET /schedules": refuse }))
    assert.include((await screen.findByRole("alert")).textContent, "HTTP_SCOPE_MISSING")
  })
})

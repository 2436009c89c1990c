/**
 * A log of 1,000,000 events in Chromium, from the tests' server: how soon its end is shown, how even the frames are while
 * it is scrolled, how soon a far place is there, and what memory it keeps. Build the page first (`npm run build`).
 * `node --conditions=@runyard/source packages/ui/benchmark/longLog.ts`; CHROMIUM names another browser.
 * Times in milliseconds. Frames are those of `requestAnimationFrame`; "late" is one that took more than 1.5 frames of 60 Hz.
 * "Dropped" is what Chromium's own tracing calls so, where nothing of a frame was shown. A page of plain rows, all of
 * them drawn and without any script, is scrolled before each: that is what the machine can do. Its list has a ground, as
 * Chromium scrolls one without it by drawing it again, and is slower then.
 */
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core"
import { runRoutes, runs, runStream } from "../test/support/mockRuns.ts"
import { mockServer } from "../test/support/mockServer.ts"

const rounds = 3
const lateMillis = 25

const quantile = (values: ReadonlyArray<number>, at: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN
}
const text = (value: number) => value.toFixed(1)

/** Runs in the page: notes when the last event is on the screen, counted from the beginning of the navigation. */
const noteEnd = () => {
  const look = () => {
    const rows = [...document.querySelectorAll("[role=listitem]")]
    if (rows.some((row) => row.textContent.includes("Step 1000000")))
      Object.assign(globalThis, { shownAt: performance.now() })
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}

const open = async (page: Page, url: string): Promise<number> => {
  await page.goto(url)
  // The page's policy lets nothing be evaluated in it that waits by itself.
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    const at: unknown = await page.evaluate("globalThis.shownAt")
    if (typeof at === "number") return at
    // oxlint-disable-next-line no-await-in-loop -- as above
    await page.waitForTimeout(20)
  }
}

/** Frames while the page scrolls by this distance, in pixels, with the wheel's way of scrolling. */
const scroll = async (page: Page, session: CDPSession, distance: number, speed: number) => {
  await page.evaluate(`(() => {
    globalThis.frames = []
    globalThis.empty = 0
    globalThis.sampling = true
    let last = performance.now()
    const frame = (now) => {
      globalThis.frames.push(now - last)
      last = now
      if (document.querySelector("[role=listitem] [aria-busy]") !== null) globalThis.empty++
      if (globalThis.sampling) requestAnimationFrame(frame)
    }
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(frame) })
  })()`)
  await session.send("Input.synthesizeScrollGesture", {
    x: 500,
    y: 500,
    yDistance: distance,
    speed,
    gestureSourceType: "mouse",
  })
  const frames = (await page.evaluate("(globalThis.sampling = false, globalThis.frames)")) as ReadonlyArray<number>
  const empty = Number(await page.evaluate("globalThis.empty"))
  return { frames, empty }
}

interface Trace {
  readonly traceEvents: ReadonlyArray<{
    readonly name: string
    readonly args?: { readonly hasPartialUpdate?: boolean }
  }>
}

/** What Chromium says of its frames while this goes on. */
const traced = async <A>(browser: Browser, page: Page, work: () => Promise<A>) => {
  await browser.startTracing(page, { categories: ["disabled-by-default-devtools.timeline.frame"] })
  const result = await work()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as Trace
  const shown = traceEvents.filter(({ name }) => name === "DrawFrame").length
  const dropped = traceEvents.filter(
    ({ args, name }) => name === "DroppedFrame" && args?.hasPartialUpdate !== true,
  ).length
  return { result, shown, dropped }
}

const speeds = [
  ["reading", 1_200],
  ["fast", 6_000],
] as const

interface Pace {
  readonly perSecond: number
  readonly late: number
  readonly dropped: number
}

const scrollAt = async (
  browser: Browser,
  page: Page,
  session: CDPSession,
  label: string,
): Promise<ReadonlyArray<Pace>> => {
  const paces: Array<Pace> = []
  for (const [name, speed] of speeds) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { dropped, result, shown } = await traced(browser, page, () => scroll(page, session, speed * 4, speed))
    const { empty, frames } = result
    const late = frames.filter((frame) => frame > lateMillis).length
    const perSecond = 1000 / (frames.reduce((sum, each) => sum + each, 0) / frames.length)
    paces.push({ perSecond, late, dropped })
    console.log(
      `${label}: ${name}, ${speed} px/s: ${frames.length} frames, ${text(perSecond)} a second, p50 ${text(quantile(frames, 0.5))}, p95 ${text(quantile(frames, 0.95))}, p99 ${text(quantile(frames, 0.99))} ms, ${late} late, ${dropped} of ${shown + dropped} dropped, ${empty} with a row that was not there yet`,
    )
  }
  return paces
}

const medianOf = (all: ReadonlyArray<ReadonlyArray<Pace>>, speed: number, of: keyof Pace): number =>
  quantile(
    all.map((paces) => paces[speed]?.[of] ?? Number.NaN),
    0.5,
  )

const plainPage = `<style>body { margin: 0 } div div { height: 28px; font: 12px monospace }</style>
<div style="height: 100vh; overflow-y: auto; background: #fff">${Array.from({ length: 3_000 }, (_, n) => `<div>${n} a plain row of text, and nothing else in it</div>`).join("")}</div>`

const jump = async (page: Page, share: number): Promise<number> =>
  Number(
    await page.evaluate(`new Promise((resolve) => {
      const list = document.querySelector("[role=list][aria-label=Events]")
      const begun = performance.now()
      list.scrollTop = (list.scrollHeight - list.clientHeight) * ${share}
      const look = () => {
        const view = list.getBoundingClientRect()
        const rows = [...list.querySelectorAll("[role=listitem]")].filter((row) => {
          const { bottom, top } = row.getBoundingClientRect()
          return bottom > view.top && top < view.bottom
        })
        const there = rows.length > 10 && rows.every((row) => row.querySelector("[aria-busy]") === null)
        if (there && performance.now() - begun > 1) resolve(performance.now() - begun)
        else requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    })`),
  )

const heap = async (session: CDPSession): Promise<number> => {
  await session.send("HeapProfiler.collectGarbage")
  const { metrics } = await session.send("Performance.getMetrics")
  return (metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? 0) / 2 ** 20
}

const { server, url } = await mockServer({ routes: runRoutes, stream: runStream })
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--enable-precise-memory-info",
  ],
})
try {
  for (const view of ["events", "conversation"]) {
    const times: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      const context = await browser.newContext({ viewport: { width: 1360, height: 860 } })
      const page = await context.newPage()
      await page.addInitScript(noteEnd)
      times.push(await open(page, `${url}/runs/${runs.million}?view=${view}`))
      await context.close()
    }
    console.log(
      `${view}: open with nothing cached, median of ${rounds}: ${text(quantile(times, 0.5))} ms, worst ${text(Math.max(...times))} ms`,
    )
  }

  const plains: Array<ReadonlyArray<Pace>> = []
  const scrollPlain = async () => {
    const page = await browser.newPage({ viewport: { width: 1360, height: 860 } })
    await page.setContent(plainPage)
    await page.evaluate("document.querySelector('div').scrollTop = 80000")
    plains.push(await scrollAt(browser, page, await page.context().newCDPSession(page), "a plain page"))
    await page.close()
  }

  for (const view of ["events", "conversation"]) {
    const paces: Array<ReadonlyArray<Pace>> = []
    for (let round = 0; round < rounds; round++) {
      await scrollPlain()
      const page = await browser.newPage({ viewport: { width: 1360, height: 860 } })
      await page.addInitScript(noteEnd)
      const session = await page.context().newCDPSession(page)
      await session.send("Performance.enable")
      await open(page, `${url}/runs/${runs.million}?view=${view}`)
      await page.waitForTimeout(500)
      const before = await heap(session)
      paces.push(await scrollAt(browser, page, session, view))
      if (view === "events" && round === 0) {
        const jumps: Array<number> = []
        for (let index = 0; index < 40; index++) jumps.push(await jump(page, ((index * 37) % 100) / 100))
        console.log(
          `events: jump anywhere, 40 times: p50 ${text(quantile(jumps, 0.5))}, p95 ${text(quantile(jumps, 0.95))} ms`,
        )
      }
      const after = await heap(session)
      if (round === 0)
        console.log(`${view}: JavaScript heap ${text(before)} MiB when open, ${text(after)} MiB after all that`)
      await page.close()
    }
    for (const [speed, [name]] of speeds.entries()) {
      const plain = medianOf(plains.slice(-rounds), speed, "perSecond")
      const here = medianOf(paces, speed, "perSecond")
      console.log(
        `${view}: ${name}, median of ${rounds}: ${text(here)} frames a second beside ${text(plain)} of the plain page: ${(here / plain).toFixed(3)}; ${medianOf(paces, speed, "late")} late, ${medianOf(paces, speed, "dropped")} dropped`,
      )
    }
  }
} finally {
  await browser.close()
  server.close()
}

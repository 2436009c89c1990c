// Makes the pictures of docs/screens: the page of a server with an empty data directory, after runs of the scripted agent.
// `npm run screenshots`; needs a Chromium, and a page that is built.
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { createClient } from "@runyard/http/client"
import { chromium } from "playwright-core"
import { chromiumArguments, findChromium } from "../tests/browser/findChromium.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const target = join(root, "docs/screens")
/** Bytes of one picture. */
const bound = 150_000

const place = realpathSync(mkdtempSync(join(tmpdir(), "runyard-")))
const directoryOf = (name) => {
  const path = join(place, name)
  mkdirSync(path, { recursive: true })
  return path
}

const server = spawn(
  process.execPath,
  [
    "--conditions=@runyard/source",
    join(root, "packages/cli/src/main.ts"),
    "serve",
    "--demo",
    "--json",
    ...["--port", "0"],
  ],
  {
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: directoryOf("home"),
      RUNYARD_HOME: join(place, "store"),
      RUNYARD_SCRIPT_DELAY_MS: "120",
      RUNYARD_SECRETS_STORE: "file",
    },
    stdio: ["ignore", "pipe", "inherit"],
  },
)
const ready = await new Promise((resolve, reject) => {
  let text = ""
  server.stdout.on("data", (part) => {
    text += part
    if (text.includes("\n")) resolve(JSON.parse(text))
  })
  server.once("exit", (code) => reject(new Error(`The server ended with ${code}`)))
})
const client = createClient({ baseUrl: ready.url, token: readFileSync(ready.tokenFile, "utf8").trim() })
const ended = async (id) => {
  for await (const frame of client.runs.events(id)) if (frame.kind === "end") return
}
const submit = async (prompt, name, more = {}) => {
  const { run } = await client.runs.submit({
    payload: { provider: "scripted", prompt, cwd: directoryOf(name), ...more },
  })
  return run.id
}
const limit = (capacity) =>
  client.queue.decide({
    payload: { change: { kind: "limits", limits: { global: capacity, provider: { scripted: capacity } } } },
  })

/** What has happened on this machine before the first picture. */
const live = async () => {
  for (const name of ["parser", "shop-api", "handbook"]) {
    await client.grants.add({ payload: { path: directoryOf(name), ...(name === "handbook" ? { mode: "read" } : {}) } })
  }
  await limit(10)
  const first = [
    await submit("Find out why the date parser rejects 29 February in leap years, and fix it", "parser"),
    await submit("Add an index for the orders that are listed by customer", "shop-api", { title: "Index for orders" }),
    await submit("Replace the deprecated request library in the payment client", "shop-api"),
    await submit("Write tests for the tokenizer: empty input, a lone quote, nested brackets", "parser"),
    await submit("Rename the module `util` to what it does, and update all imports", "parser", {
      limits: { wallMillis: 2_500 },
    }),
  ]
  const canceled = await submit("Upgrade the web framework to its next major version", "shop-api")
  setTimeout(() => void client.runs.cancel({ params: { id: canceled }, payload: {} }), 2_000)
  for (const [name, expression, prompt, cwd] of [
    ["Nightly audit", "0 3 * * 1-5", "Read the dependencies that have changed, and say what is risky", "shop-api"],
    [
      "Links of the handbook",
      "30 6 * * 1",
      "Check every link of the handbook, and list those that lead nowhere",
      "parser",
    ],
  ]) {
    await client.schedules.add({
      payload: { name, expression, request: { provider: "scripted", prompt, cwd: directoryOf(cwd) } },
    })
  }
  await Promise.all([...first, canceled].map(ended))
  await limit(1)
  return { finished: first[0] }
}

const devices = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  {
    name: "phone",
    colorScheme: "light",
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 1.5,
    isMobile: true,
    hasTouch: true,
  },
]

let browser
let sizes = 0
const shoot = async (page, screen, device) => {
  const path = join(target, `${screen}-${device}.png`)
  await page.evaluate(() => document.fonts.ready)
  await page.screenshot({ path, animations: "disabled" })
  const { size } = statSync(path)
  sizes += size
  if (size > bound) throw new Error(`${path} has ${size} bytes`)
  console.log(`${String(size).padStart(7)}  ${screen}-${device}.png`)
}

try {
  mkdirSync(target, { recursive: true })
  const { finished } = await live()
  browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArguments })
  let session
  const pages = []
  for (const { name, ...device } of devices) {
    const context = await browser.newContext({ ...device, reducedMotion: "reduce", storageState: session })
    const page = await context.newPage()
    await page.goto(session === undefined ? ready.link : ready.url)
    await page.getByText("Ready to start").waitFor()
    session = await context.storageState()
    pages.push([name, page])
    await shoot(page, "new-run", name)
    for (const [screen, at, shows] of [
      ["run", `/runs/${finished}`, "Every event is in the run's log"],
      ["history", "/runs", "Index for orders"],
      ["schedules", "/schedules", "Nightly audit"],
      ["usage", "/usage", "By model"],
      ["settings", "/settings", "handbook"],
    ]) {
      await page.goto(ready.url + at)
      await page.getByText(shows).first().waitFor()
      await page.waitForLoadState("networkidle", { timeout: 2_000 }).catch(() => undefined)
      await shoot(page, screen, name)
    }
    const running = await submit(
      "Explain how the retry of failed payments works, with the files that do it",
      "shop-api",
    )
    await page.goto(`${ready.url}/runs/${running}`)
    await page.getByText("That was a whole run").first().waitFor()
    await shoot(page, "run-live", name)
    await ended(running)
  }
  await submit("Check every link of the handbook, and list those that lead nowhere", "handbook", {
    sandbox: "read-only",
  }).catch(() => undefined)
  for (const [prompt, name, more] of [
    ["Fix the flaky test of the checkout", "shop-api", { priority: "interactive" }],
    ["Translate the error messages of the parser to German", "parser", {}],
    ["Look for queries without a limit", "shop-api", { priority: "background" }],
    ["Update the changelog for the release", "parser", { notBefore: Date.now() + 9 * 3_600_000 }],
  ]) {
    await submit(prompt, name, more)
  }
  for (const [name, page] of pages) {
    const running = await submit("Measure the start of the parser before and after the last change", "parser", {
      priority: "interactive",
    })
    await page.goto(`${ready.url}/queue`)
    await page.getByText("Update the changelog").first().waitFor()
    await shoot(page, "queue", name)
    await client.runs.cancel({ params: { id: running }, payload: {} })
  }
  console.log(`${String(sizes).padStart(7)}  in all`)
} finally {
  await browser?.close()
  const gone = new Promise((resolve) => server.once("exit", resolve))
  server.kill("SIGTERM")
  await gone
  rmSync(place, { recursive: true, force: true })
}

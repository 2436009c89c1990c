/**
 * The page of `runyard serve` in Chromium, while an agent says whatever runs scripts, moves cursors and hides words
 * elsewhere: nothing of it is obeyed, nothing leaves the machine, and the page can still be used.
 */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { createClient } from "@runyard/http/client"
import { assetsDirectory } from "@runyard/ui"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { active, corpus } from "../../packages/core/test/fixtures/terminalCorpus.ts"
import { makeProgram, type Program, type Started } from "../cli/program.ts"
import { eventually } from "../support/eventually.ts"
import { hostileAgent } from "./hostileAgent.ts"
import { scripts, shortScripts } from "./hostileTexts.ts"

const executable = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium"
/** Of the conversation, in heights of the window. RUNYARD_HOSTILE_STRIDE=0.9 looks at every part of it, in a minute and a half. */
const stride = Number(process.env["RUNYARD_HOSTILE_STRIDE"] ?? 6)
const uiPackage = resolve(import.meta.dirname, "../../packages/ui")

interface Ready {
  readonly url: string
  readonly link: string
  readonly tokenFile: string
}

/** What the page is watched for. Each entry is something that ran, or left. */
interface Watched {
  readonly page: Page
  readonly seen: Array<string>
}

const traps = `
  window.ran = []
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = () => { window.ran.push(name) }
  document.addEventListener("securitypolicyviolation", (event) => window.ran.push("policy: " + event.violatedDirective + " " + event.blockedURI))
`

/** What the page shows and holds that no text of an agent may bring about. */
const findings = `(() => {
  const found = [...window.ran]
  if ({}.polluted !== undefined) found.push("polluted")
  const allowed = /^(?:https?:|mailto:)/
  for (const element of document.querySelectorAll("*")) {
    const name = element.localName
    if (["iframe", "object", "embed", "base", "math", "video", "audio", "marquee"].includes(name)) found.push(name)
    if (name === "script" && element.getAttribute("type") !== "application/json" && !element.src.startsWith(location.origin)) found.push("script")
    if (name === "style" || (name === "link" && !element.href.startsWith(location.origin))) found.push(name)
    if (element.hasAttribute("action") || element.hasAttribute("formaction")) found.push(name + " with an action")
    if (name === "meta" && element.httpEquiv === "refresh") found.push("refresh")
    if (name === "img" && element.src !== "" && !element.src.startsWith(location.origin)) found.push("img")
    for (const attribute of element.attributes) {
      if (/^on/i.test(attribute.name)) found.push(name + " " + attribute.name)
      if (/href$/.test(attribute.name) && name === "a" && !allowed.test(element.href)) found.push("link to " + element.href)
    }
    if (name === "a" && element.host !== location.host && (element.rel.split(" ").includes("noopener") === false || element.username !== "")) found.push("link " + element.href)
  }
  return found
})()`

/** All but what somebody is about to send: that stays as it is, whatever is in it. */
const shown = `(() => {
  const texts = [document.title]
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) if (walker.currentNode.parentElement.localName !== "textarea") texts.push(walker.currentNode.data)
  for (const element of document.body.querySelectorAll("*")) for (const { name, value } of element.attributes) if (name !== "d" && name !== "value") texts.push(value)
  return texts.join("\\n")
})()`

describe.skipIf(!existsSync(executable))(`Hostile texts in Chromium (${executable})`, () => {
  let program: Program
  let started: Started
  let ready: Ready
  let browser: Browser
  let context: BrowserContext
  let run: string

  const client = () => createClient({ baseUrl: ready.url, token: readFileSync(ready.tokenFile, "utf8").trim() })

  beforeAll(async () => {
    if (!existsSync(join(assetsDirectory, "index.html"))) {
      const { build } = await import("vite")
      await build({ configFile: join(uiPackage, "vite.config.ts"), logLevel: "error" })
    }
    program = makeProgram()
    const agent = join(program.directory, "agent.mjs")
    writeFileSync(agent, hostileAgent({ texts: scripts, noise: corpus }))
    chmodSync(agent, 0o755)
    started = program.start(["serve", "--json", "--port", "0"], {
      stdin: null,
      env: { RUNYARD_CLAUDE_PATH: agent },
    })
    let text = ""
    started.child.stdout?.on("data", (part) => (text += String(part)))
    ready = JSON.parse(await eventually(() => /^\{.*"ready":true.*\}$/m.exec(text)?.[0])) as Ready
    const submitted = await client().runs.submit({
      payload: {
        provider: "claude",
        prompt: scripts.join("\n\n"),
        title: shortScripts[0] ?? "",
        cwd: program.directory,
      },
    })
    run = submitted.run.id
    for (const title of [...shortScripts.slice(0, 12), "\u202eevil\u001b]0;title\u0007", "\u001b[31mred"]) {
      await client().runs.submit({
        payload: { provider: "claude", prompt: title, title, cwd: program.directory },
      })
    }
    await eventually(async () =>
      (await client().runs.get({ params: { id: run } })).state === "succeeded" ? true : undefined,
    )
    browser = await chromium.launch({
      executablePath: executable,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
    })
    context = await browser.newContext({
      viewport: { width: 1280, height: 844 },
      serviceWorkers: "block",
      permissions: ["clipboard-read", "clipboard-write"],
    })
    await context.addInitScript(traps)
    const first = await context.newPage()
    await first.goto(ready.link)
    await first.getByRole("navigation").first().waitFor()
    await first.close()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    started?.child.kill("SIGTERM")
    await started?.finished
    program?.remove()
  })

  const watched = async (): Promise<Watched> => {
    const page = await context.newPage()
    const seen: Array<string> = []
    page.on("dialog", (dialog) => {
      seen.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on("pageerror", ({ message }) => seen.push(`error: ${message}`))
    page.on("console", (message) => message.type() === "error" && seen.push(`console: ${message.text()}`))
    page.on("request", (request) => {
      if (!request.url().startsWith(ready.url) && !request.url().startsWith("data:"))
        seen.push(`request: ${request.url()}`)
    })
    page.on("popup", () => seen.push("popup"))
    return { page, seen }
  }

  const isHarmless = async ({ page, seen }: Watched, where: string): Promise<void> => {
    assert.deepStrictEqual([...seen, ...(await page.evaluate<ReadonlyArray<string>>(findings))], [], where)
    const text = await page.evaluate<string>(shown)
    const at = active.exec(text)?.index
    assert.strictEqual(at === undefined ? "" : JSON.stringify(text.slice(Math.max(0, at - 60), at + 60)), "", where)
    assert.isFalse(
      await page.evaluate("document.documentElement.scrollWidth > innerWidth"),
      `${where} is wider than the window`,
    )
    assert.strictEqual(new URL(page.url()).origin, ready.url, where)
  }

  it("runs nothing on any screen, and loads nothing from elsewhere", { timeout: 180_000 }, async () => {
    const places = [
      `/runs/${run}`,
      `/runs/${run}?view=events`,
      `/runs/${run}?view=terminal`,
      "/runs",
      `/runs?run=${run}`,
      `/runs?q=${encodeURIComponent("<img src=x onerror=alert(1)>")}`,
      "/queue",
      "/queue?tab=decisions",
      "/usage",
      `/?rerun=${run}`,
      "/settings",
      "/settings?tab=agents",
    ]
    for (const place of places) {
      const at = await watched()
      await at.page.goto(ready.url + place)
      // A drawer hides it from those who do not see.
      await at.page.locator("nav").first().waitFor()
      await at.page.waitForLoadState("networkidle")
      await isHarmless(at, place)
      await at.page.close()
    }
  })

  it("draws every part of the conversation harmlessly", { timeout: 180_000 }, async () => {
    const at = await watched()
    await at.page.goto(`${ready.url}/runs/${run}`)
    await at.page.waitForLoadState("networkidle")
    let drawn = 0
    let said = ""
    for (let step = 0; step < 360 / stride; step++) {
      const [isEnd, blocks] = (await at.page.evaluate(`(() => {
        const list = [...document.querySelectorAll("*")].filter((each) => each.scrollHeight > each.clientHeight + 50 && /auto|scroll/.test(getComputedStyle(each).overflowY)).at(0)
        if (list === undefined) return [true, 0]
        if (window.begun === undefined) { window.begun = true; list.scrollTop = 0 } else list.scrollTop += list.clientHeight * ${stride}
        return [list.scrollTop + list.clientHeight >= list.scrollHeight - 2 && ${step} > 5, list.querySelectorAll("[role=listitem], li").length]
      })()`)) as [boolean, number]
      drawn += blocks
      await at.page.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
      if (step % 10 === 0) {
        for (const button of await at.page.locator("main button[aria-expanded=false]").all()) {
          await button.click({ timeout: 500 }).catch(() => undefined)
        }
      }
      if (step % 5 === 0 || isEnd) {
        await isHarmless(at, `step ${step}`)
        said += await at.page.locator("main").textContent()
      }
      if (isEnd) break
    }
    assert.isAbove(drawn, 10)
    for (const begin of ["<script>alert(", "onerror"]) assert.include(said, begin)
    await at.page.close()
  })

  it("lets no output move the terminal's cursor, title, clipboard or screen", { timeout: 120_000 }, async () => {
    const at = await watched()
    await at.page.goto(`${ready.url}/runs`)
    await at.page.evaluate("navigator.clipboard.writeText('mine')")
    await at.page.goto(`${ready.url}/runs/${run}?view=terminal`)
    await at.page.locator(".xterm-rows").waitFor()
    await at.page.waitForLoadState("networkidle")
    const title = await at.page.title()
    await eventually(async () => {
      const text = await at.page.locator(".xterm-rows").textContent()
      return (text ?? "").trim() === "" ? undefined : true
    })
    await isHarmless(at, "terminal")
    assert.strictEqual(await at.page.evaluate("navigator.clipboard.readText()"), "mine")
    assert.strictEqual(await at.page.title(), title)
    assert.strictEqual(await at.page.locator(".xterm a").count(), 0)
    assert.strictEqual(await at.page.locator(".xterm.enable-mouse-events").count(), 0)
    await at.page.close()
  })

  it("prints nothing on a terminal that it would obey", { timeout: 60_000 }, async () => {
    for (const args of [["logs", run], ["logs", run, "--json"], ["show", run], ["ls"], ["ls", "--json"]]) {
      const { stderr, stdout } = await program.run(args)
      assert.isAbove(stdout.length, 100, `${args.join(" ")}: ${stderr}`)
      assert.notMatch(stdout, active, args.join(" "))
      assert.notMatch(stderr, active, args.join(" "))
    }
  })
})

/** Serves the built page and answers its requests by the contract, from memory: for looking at screens, and for tests. */
import { readFile } from "node:fs/promises"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import path from "node:path"
import { assetsDirectory } from "../../src/index.ts"
import { capabilities, grants as someGrants, ledger, policies, settings, sums } from "./mockData.ts"
import { operatorRoutes } from "./mockOperator.ts"

const policyOfContent =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; worker-src 'self'"

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
}

/** A refusal as the server writes it. */
export class Refusal extends Error {
  readonly status: number
  readonly body: object
  constructor(status: number, code: string, detail: string, remedy: string, detailData: object = {}) {
    super(detail)
    this.status = status
    this.body = {
      type: `urn:runyard:error:${code}`,
      title: detail,
      status,
      detail,
      code,
      class: "policy",
      remedy,
      detailData,
    }
  }
}

export interface Asked {
  readonly query: URLSearchParams
  readonly params: ReadonlyArray<string>
  readonly body: Record<string, unknown>
}

export type Answer = (asked: Asked) => unknown

const refuseUngranted = (cwd: string) =>
  new Refusal(
    403,
    "POLICY_NO_GRANT",
    `${cwd} is not a directory that agents may work in: nobody has granted it`,
    `If they may: runyard grant add ${cwd}`,
    { field: "cwd", path: cwd, asked: cwd, mode: "write" },
  )

/** The routes, each with the pattern of its path. What is given comes first. */
const routesOf = (grants: Array<Record<string, unknown>>): ReadonlyArray<readonly [string, RegExp, Answer]> => {
  const isGranted = (at: unknown) => grants.some((each) => `${String(at)}/`.startsWith(`${String(each["path"])}/`))
  const check = ({ cwd, prompt, provider }: Record<string, unknown>) => {
    if (prompt === undefined || prompt === "") {
      return new Refusal(400, "QUEUE_REQUEST_INVALID", "The prompt is empty", "Say what is to be done.", {
        field: "prompt",
      })
    }
    if (/gh[p]_[A-Za-z0-9]{20,}/.test(JSON.stringify(prompt))) {
      const remedy = "Take it out, or store it: runyard secret set NAME."
      return new Refusal(403, "POLICY_SECRET_IN_PROMPT", "The request holds a secret", remedy, { field: "prompt" })
    }
    if (provider === "codex") {
      return new Refusal(
        400,
        "CLI_NOT_FOUND",
        "Codex CLI was not found on PATH",
        "Install it with `npm install -g @openai/codex`.",
        { provider },
      )
    }
    return isGranted(cwd) ? undefined : refuseUngranted(String(cwd))
  }
  const one = (id: string, request: Record<string, unknown>) => ({
    id,
    scope: settings.scope,
    request,
    state: "queued",
    createdAt: Date.now(),
    updatedAt: Date.now(),
    host: { id: "host", pid: 1, startTime: "0" },
    attempts: [],
    lastSeq: 1,
    unknownLines: 0,
    redactionCount: 0,
  })
  return [
    ["GET", /^\/session$/, () => ({ principal: "you", scopes: ["public"] })],
    ["POST", /^\/session$/, () => ({ principal: "you", scopes: ["public"] })],
    ["DELETE", /^\/session$/, () => undefined],
    ["GET", /^\/health$/, () => ({ status: "ok" })],
    ["GET", /^\/settings$/, () => settings],
    ["GET", /^\/capabilities$/, () => ({ diagnoses: capabilities })],
    [
      "GET",
      /^\/policy$/,
      ({ query }) => {
        const found = policies.find(({ provider }) => provider === query.get("provider"))
        if (found !== undefined) return found
        throw new Refusal(404, "QUEUE_PROVIDER_UNKNOWN", "There is no policy for it", "Use one of the providers.")
      },
    ],
    ["GET", /^\/grants$/, () => ({ grants })],
    [
      "POST",
      /^\/grants\/look$/,
      ({ body }) => {
        const at = String(body["path"])
        if (!at.startsWith("/"))
          throw new Refusal(400, "QUEUE_REQUEST_INVALID", "The path must be absolute", "Begin it with /.")
        const exists = !at.includes("nowhere")
        const isSymlink = at.includes("link")
        const real = isSymlink ? at.replace("link", "real") : at
        const granted = grants.find((each) => real === each["path"])
        return {
          path: at,
          exists,
          isSymlink,
          isRemote: at.includes("nfs"),
          ...(exists ? { real } : {}),
          ...(granted === undefined ? {} : { granted }),
        }
      },
    ],
    [
      "POST",
      /^\/grants$/,
      ({ body }) => {
        const added = {
          mode: "write",
          remote: false,
          ...body,
          scope: settings.scope,
          by: "you",
          at: Date.now(),
          id: `grant_${Date.now().toString(36)}aaaaaa`,
        }
        grants.unshift(added)
        return added
      },
    ],
    [
      "DELETE",
      /^\/grants\/(\w+)$/,
      ({ params: [id] }) => {
        const at = grants.findIndex((each) => each["id"] === id)
        return { grants: grants.splice(at, 1), stopped: [] }
      },
    ],
    [
      "POST",
      /^\/runs\/check$/,
      ({ body }) => {
        const refusal = check(body)
        return refusal === undefined ? { ok: true, warnings: [] } : { ok: false, problem: refusal.body }
      },
    ],
    [
      "POST",
      /^\/runs$/,
      ({ body }) => {
        const refusal = check(body)
        if (refusal !== undefined) throw refusal
        const run = one("run_0123456789abcdef", body)
        return { run, admission: { decision: "admitted", code: "STARTS", run, message: "It starts now." } }
      },
    ],
    ["GET", /^\/runs$/, () => ({ runs: [] })],
    [
      "GET",
      /^\/runs\/(run_\w+)$/,
      ({ params: [id = ""] }) =>
        one(id, { provider: "claude", prompt: "Add a test for the parser", cwd: "/home/ada/parser" }),
    ],
    ["GET", /^\/queue$/, () => ({ control: { paused: false, pausedProviders: [], limits: {} }, waiting: 0, runs: [] })],
    ...operatorRoutes(),
    ["GET", /^\/usage\/sums$/, ({ query }) => ({ sums: sums(query.get("by") ?? "day") })],
    ["GET", /^\/usage\/entries$/, () => ({ entries: ledger() })],
  ]
}

const bodyOf = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>)
}

export interface MockOptions {
  /** Answers in place of the usual ones, or besides them. */
  readonly routes?: ReadonlyArray<readonly [string, RegExp, Answer]>
  /** Pause before each answer, in milliseconds. */
  readonly delay?: number
  readonly signedIn?: boolean
  /** The directory of the built page. Default: where the build of the package puts it. */
  readonly assets?: string
  /** Answers a request by itself, such as with a stream, and says that it has. */
  readonly stream?: (url: URL, response: ServerResponse) => boolean
}

/** Listens on a free port of the loopback, or on the one that is given. */
export const mockServer = async (
  options: MockOptions = {},
  port = 0,
): Promise<{ readonly url: string; readonly server: Server }> => {
  const routes = [...(options.routes ?? []), ...routesOf(someGrants.map((grant) => ({ ...grant })))]
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost")
    const json = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json" })
      response.end(body === undefined ? "" : JSON.stringify(body))
    }
    const api = async () => {
      if (options.delay !== undefined) await new Promise((resolve) => setTimeout(resolve, options.delay))
      const at = url.pathname.slice("/api/v1".length)
      if (options.signedIn === false && at !== "/health") {
        throw new Refusal(
          401,
          "HTTP_UNAUTHENTICATED",
          "There is no session",
          "Open the link that `runyard serve` prints.",
        )
      }
      const found = routes.find(([method, pattern]) => method === request.method && pattern.test(at))
      if (found === undefined) throw new Refusal(404, "HTTP_NOT_FOUND", "There is no such route", "")
      const answer = found[2]({
        query: url.searchParams,
        params: found[1].exec(at)?.slice(1) ?? [],
        body: await bodyOf(request),
      })
      json(answer === undefined ? 204 : 200, answer)
    }
    const asset = async () => {
      const name = path.extname(url.pathname) === "" ? "/index.html" : path.posix.normalize(url.pathname)
      const content = await readFile(path.join(options.assets ?? assetsDirectory, name))
      response.writeHead(200, {
        "content-type": types[path.extname(name)] ?? "application/octet-stream",
        "content-security-policy": policyOfContent,
        "x-content-type-options": "nosniff",
      })
      response.end(content)
    }
    if (options.stream?.(url, response) === true) return
    void (url.pathname.startsWith("/api/") ? api() : asset()).catch((error: unknown) => {
      if (error instanceof Refusal) json(error.status, error.body)
      else json(404, { code: "HTTP_NOT_FOUND", detail: String(error), remedy: "", status: 404 })
    })
  })
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
  const address = server.address()
  return { server, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : port}` }
}

if (import.meta.main) console.log((await mockServer({}, Number(process.argv[2] ?? 4173))).url)

/**
 * Other queues, where somebody has installed them: `RUNYARD_BENCH_PEERS` names a directory in which `npm install plainjob
 * bullmq ioredis` was done. BullMQ also needs a `redis-server` on the path. Nothing of Runyard depends on them.
 */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { rates, request, type Throughput } from "./queueJobs.ts"

const peers = process.env["RUNYARD_BENCH_PEERS"]

/** Gives undefined where it is not installed. */
const load = async (name: string): Promise<unknown> => {
  if (peers === undefined || !existsSync(path.join(peers, "node_modules", name))) return undefined
  const found = createRequire(path.join(path.resolve(peers), "package.json")).resolve(name)
  return import(pathToFileURL(found).href)
}

const payload = JSON.stringify(request)

interface Plainjob {
  readonly defineQueue: (options: object) => {
    readonly add: (type: string, data: unknown) => unknown
    readonly getAndMarkJobAsProcessing: (type: string) => { readonly id: number } | undefined
    readonly markJobAsDone: (id: number) => void
    readonly close: () => void
  }
}

/** On the SQLite of Node, as ours is, so that only the queues differ. */
const connectionOf = (file: string) => {
  const database = new DatabaseSync(file)
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
  return {
    driver: "better-sqlite3",
    filename: file,
    pragma: (text: string) => database.exec(`PRAGMA ${text}`),
    exec: (text: string) => database.exec(text),
    prepare: (text: string) => database.prepare(text),
    transaction: (work: (...args: ReadonlyArray<unknown>) => unknown) => {
      const within = (...args: ReadonlyArray<unknown>) => {
        database.exec("BEGIN IMMEDIATE")
        const result = work(...args)
        database.exec("COMMIT")
        return result
      }
      return Object.assign(within, { immediate: within, deferred: within, exclusive: within, default: within })
    },
    close: () => database.close(),
  }
}

export const plainjob = async (directory: string, jobs: number): Promise<Throughput | string> => {
  const found = (await load("plainjob")) as Plainjob | undefined
  if (found === undefined) return "not installed"
  const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
  const queue = found.defineQueue({ connection: connectionOf(path.join(directory, "plainjob.db")), logger: silent })
  const begun = performance.now()
  for (let index = 0; index < jobs; index++) queue.add("noop", payload)
  const enqueued = performance.now()
  let done = 0
  for (let job = queue.getAndMarkJobAsProcessing("noop"); job; job = queue.getAndMarkJobAsProcessing("noop")) {
    queue.markJobAsDone(job.id)
    done++
  }
  const ended = performance.now()
  queue.close()
  if (done !== jobs) throw new Error(`plainjob has done ${done} of ${jobs}`)
  return rates(jobs, enqueued - begun, ended - enqueued)
}

interface Bull {
  readonly Queue: new (
    name: string,
    options: object,
  ) => {
    readonly addBulk: (jobs: ReadonlyArray<object>) => Promise<unknown>
    readonly add: (name: string, data: unknown) => Promise<unknown>
    readonly close: () => Promise<void>
  }
  readonly Worker: new (
    name: string,
    work: () => Promise<void>,
    options: object,
  ) => { readonly on: (event: string, listener: () => void) => void; readonly close: () => Promise<void> }
}

export const bullmq = async (directory: string, jobs: number): Promise<Throughput | string> => {
  const found = (await load("bullmq")) as Bull | undefined
  if (found === undefined) return "not installed"
  if (spawnSync("redis-server", ["--version"]).status !== 0) return "no redis-server here"
  const socket = path.join(directory, "redis.sock")
  const server = spawn("redis-server", ["--port", "0", "--unixsocket", socket, "--save", "", "--dir", directory], {
    stdio: "ignore",
  })
  const gone = once(server, "exit")
  try {
    while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 10))
    const connection = { path: socket, maxRetriesPerRequest: null }
    const queue = new found.Queue("noop", { connection })
    const begun = performance.now()
    let left = jobs
    const add = async () => {
      while (left-- > 0) await queue.add("noop", request)
    }
    await Promise.all(Array.from({ length: 50 }, add))
    const enqueued = performance.now()
    let done = 0
    const all = Promise.withResolvers<void>()
    const worker = new found.Worker("noop", async () => {}, { connection, concurrency: 50 })
    worker.on("completed", () => ++done === jobs && all.resolve())
    await all.promise
    const ended = performance.now()
    await worker.close()
    await queue.close()
    return rates(jobs, enqueued - begun, ended - enqueued)
  } finally {
    server.kill("SIGKILL")
    await gone
  }
}

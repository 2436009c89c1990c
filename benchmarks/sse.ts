/**
 * How old an event is when a client of the HTTP API has it, stored: the CLI stamps a line every 10 ms, and 1, 50 and 500
 * clients follow the run over sockets of their own. Beside it, in turns, a bare relay of the same lines over node:http.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { codexClock, inDirectory } from "./fakes.ts"
import { ask, forked, replyOf } from "./forked.ts"
import type { ReadersReply } from "./hosts/sseReaders.ts"
import type { ServerReply } from "./hosts/sseServer.ts"
import { goal, heading, median, millis, ratio, say, table } from "./report.ts"

const rounds = 3
const kinds = ["bare", "runyard"] as const
type Kind = (typeof kinds)[number]

interface Trial {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export const sse = (): Promise<void> => {
  heading("Latency: from the CLI's write to clients of the HTTP API, stored first")
  return inDirectory(async (directory) => {
    const messages = Math.max(50, Math.round(300 * Number(process.env["RUNYARD_BENCH_SCALE"] ?? "1")))
    const executable = codexClock(directory, messages, { gated: true })
    const servers = new Map(kinds.map((kind) => [kind, forked("sseServer.ts", [kind, executable, directory])]))
    await Promise.all([...servers.values()].map((server) => replyOf<ServerReply>(server)))
    const client = forked("sseReaders.ts", [])
    let gates = 0
    const trial = async (kind: Kind, readers: number): Promise<Trial> => {
      const server = servers.get(kind)
      if (server === undefined) throw new Error("unreachable")
      const gate = path.join(directory, `gate-${gates++}`)
      const { headers = {}, url = "" } = await ask<ServerReply>(server, { start: gate })
      await ask<ReadersReply>(client, { url, headers, readers, messages })
      const done = replyOf<ReadersReply>(client)
      fs.writeFileSync(gate, "")
      const { ages, delivered } = await done
      if (ages === undefined || delivered !== readers * messages) throw new Error(`${kind} lost events: ${delivered}`)
      return { p50: ages[0], p95: ages[1], p99: ages[2] }
    }
    try {
      for (const kind of kinds) await trial(kind, 1)
      const rows: Array<ReadonlyArray<string>> = []
      const found: Array<{ readonly readers: number; readonly ours: number; readonly theirs: number }> = []
      for (const readers of [1, 50, 500]) {
        const taken = new Map<Kind, Array<Trial>>(kinds.map((kind) => [kind, []]))
        for (let round = 0; round < rounds; round++) {
          for (const kind of kinds) taken.get(kind)?.push(await trial(kind, readers))
        }
        const at = (kind: Kind, part: keyof Trial) => median((taken.get(kind) ?? []).map((one) => one[part]))
        const [ours, theirs] = [at("runyard", "p95"), at("bare", "p95")]
        found.push({ readers, ours, theirs })
        for (const kind of kinds) {
          const parts = (["p50", "p95", "p99"] as const).map((part) => millis(at(kind, part)))
          rows.push([
            `${kind === "bare" ? "relay" : "Runyard"}, ${readers}`,
            ...parts,
            kind === "bare" ? "" : ratio(ours, theirs),
          ])
        }
      }
      say(`${messages} lines, one every 10 ms, ${rounds} rounds in turns, ms`)
      table([["subscribers", "p50", "p95", "p99", "p95 of the relay's"], ...rows])
      for (const { ours, readers, theirs } of found) {
        const most = readers > 50 ? 3 : 10
        const bound = readers > 50 ? "" : " and <= 10 ms"
        const met = ours <= most * theirs && (readers > 50 || ours <= 10)
        goal(`stream p95, ${readers} clients`, `${millis(ours)} ms, ${ratio(ours, theirs)}`, `<= ${most}x${bound}`, met)
      }
    } finally {
      for (const child of [...servers.values(), client]) child.disconnect()
    }
  })
}

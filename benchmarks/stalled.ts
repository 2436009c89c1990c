/**
 * What a client costs that stops reading a stream of 300,000 events of 313 B: how much more memory the server holds when
 * they are all written, beside a bare relay over node:http. In MiB, resident, after a collection that gives back to the
 * system what the heap has spare, on both sides alike; each in a process of its own. Beside it, how much higher the process
 * has been meanwhile, garbage included. Then the client reads on, and must get all of it.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { codexFlood, inDirectory } from "./fakes.ts"
import { ask, forked, replyOf } from "./forked.ts"
import type { ReadersReply } from "./hosts/sseReaders.ts"
import type { ServerReply } from "./hosts/sseServer.ts"
import { goal, heading, median, say, table, thousands } from "./report.ts"

const rounds = 5
const lineBytes = 313
const kinds = ["bare", "runyard"] as const

interface Trial {
  readonly resident: number
  readonly peak: number
  readonly events: number
  readonly inOrder: boolean
}

const trial = (kind: (typeof kinds)[number], executable: string, hasReader: boolean): Promise<Trial> =>
  inDirectory(async (directory) => {
    const server = forked("sseServer.ts", [kind, executable, directory], ["--expose-gc"])
    const client = forked("sseReaders.ts", [])
    try {
      await replyOf<ServerReply>(server)
      const gate = path.join(directory, "gate")
      const { headers = {}, url = "" } = await ask<ServerReply>(server, { start: gate })
      if (hasReader) await ask<ReadersReply>(client, { url, headers, stall: true })
      fs.writeFileSync(gate, "")
      const { peak = Number.NaN, resident = Number.NaN } = await ask<ServerReply>(server, { memory: true })
      if (!hasReader) return { resident, peak, events: 0, inOrder: true }
      const { events = 0, inOrder = false } = await ask<ReadersReply>(client, { resume: true })
      return { resident, peak, events, inOrder }
    } finally {
      for (const child of [server, client]) child.disconnect()
    }
  })

export const stalled = (): Promise<void> => {
  heading("Memory for a client that stops reading")
  return inDirectory(async (directory) => {
    const count = Math.max(20_000, 300_000 * Number(process.env["RUNYARD_BENCH_SCALE"] ?? "1"))
    const { events, executable } = codexFlood(directory, lineBytes, count, { gated: true })
    const growths = new Map(kinds.map((kind) => [kind, [] as Array<number>]))
    const heights = new Map(kinds.map((kind) => [kind, [] as Array<number>]))
    for (let round = 0; round < rounds; round++) {
      for (const kind of kinds) {
        const without = await trial(kind, executable, false)
        const having = await trial(kind, executable, true)
        if (!having.inOrder || having.events < events) {
          throw new Error(`${kind}: the client got ${having.events} of ${events} events, in order: ${having.inOrder}`)
        }
        growths.get(kind)?.push(having.resident - without.resident)
        heights.get(kind)?.push(having.peak - without.peak)
      }
    }
    const [theirs = 0, ours = 0] = kinds.map((kind) => median(growths.get(kind) ?? []))
    say(`${thousands(events)} events, medians of ${rounds} rounds; all were read afterwards, in order, each once`)
    table([
      ["MiB", "more with the client", "in the rounds", "more at the highest"],
      ...kinds.map((kind) => [
        kind === "bare" ? "relay" : "Runyard",
        (kind === "bare" ? theirs : ours).toFixed(1),
        (growths.get(kind) ?? []).map((growth) => growth.toFixed(1)).join(", "),
        median(heights.get(kind) ?? []).toFixed(1),
      ]),
    ])
    const share = ours / theirs
    goal(
      "stalled client",
      `${ours.toFixed(1)} MiB, ${share.toFixed(3)}x`,
      "<= 0.05x and <= 16 MiB",
      share <= 0.05 && ours <= 16,
    )
  })
}

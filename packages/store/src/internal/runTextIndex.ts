/**
 * Which runs may have a text: a superset, from the bits of migration 18. Runs that no block has yet may have any text. The
 * order of their keys makes the blocks: a block is read once there are all of its runs, and most of them have ended, and
 * again when enough more have. Every method is synchronous and throws what SQLite throws.
 */
import type { DatabaseSync } from "node:sqlite"
import { textsOf } from "./runText.ts"
import { blockRuns, countBits, rowBytes, TextBlock } from "./textBlock.ts"
import { gramCount } from "./textGrams.ts"

/** A piece has not many more keys than this. */
const keysPerPiece = 1_024

/** Runs that have ended are looked at one by one until there are as many of them in a block. */
const minEnded = 64

/** Runs and characters that are read in one go; one run is never split. */
const runsPerStep = 128
const textPerStep = 64 * 1_024

/** Some of the runs with keys below the last place, newest first. */
export type TextPiece =
  /** Only these may have it of those from `from` on. */
  | { readonly from: number; readonly keys: ReadonlyArray<number> }
  /** Nobody knows. */
  | { readonly from: number; readonly keys?: undefined }

const prepareAll = (database: DatabaseSync) => ({
  begin: database.prepare("BEGIN"),
  beginWriting: database.prepare("BEGIN IMMEDIATE"),
  commit: database.prepare("COMMIT"),
  rollback: database.prepare("ROLLBACK"),
  blocks: database.prepare("SELECT block, open FROM run_text_blocks WHERE block <= ? ORDER BY block DESC"),
  open: database.prepare("SELECT open FROM run_text_blocks WHERE block = ?"),
  bits: database.prepare("SELECT runs FROM run_text_bits WHERE place = ?"),
  newest: database.prepare("SELECT max(id) AS id FROM runs"),
  counts: database.prepare("SELECT count(*) AS runs, count(ended_at) AS ended FROM runs WHERE id >= ? AND id < ?"),
  changes: database.prepare("SELECT changes FROM run_text_changes"),
  texts: database.prepare(`
    SELECT id, run_id, ended_at IS NULL AS open, request, final_message FROM runs JOIN run_bodies ON run = id
    WHERE id >= ? AND id < ? ORDER BY id`),
  forget: database.prepare("DELETE FROM run_text_bits WHERE place >= ? AND place < ?"),
  putBits: database.prepare("INSERT INTO run_text_bits (place, runs) VALUES (?, ?)"),
  putBlock: database.prepare("INSERT OR REPLACE INTO run_text_blocks (block, open) VALUES (?, ?)"),
})

interface TextRow {
  readonly id: number
  readonly run_id: string
  readonly open: 0 | 1
  readonly request: string
  readonly final_message: string | null
}

interface BlockRow {
  readonly block: number
  readonly open: Uint8Array
}

export class RunTextIndex {
  private readonly statements: ReturnType<typeof prepareAll>
  private readonly database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.database = database
    this.statements = prepareAll(database)
  }

  private transact<A>(begin: "begin" | "beginWriting", work: () => A): A {
    this.statements[begin].run()
    try {
      const result = work()
      this.statements.commit.run()
      return result
    } catch (cause) {
      if (this.database.isTransaction) this.statements.rollback.run()
      throw cause
    }
  }

  /** The next piece below a key; undefined below the first run. */
  piece(grams: ReadonlyArray<number>, below: number): TextPiece | undefined {
    if (below <= 1) return undefined
    if (grams.length === 0) return { from: 0 }
    // One view of the table: another program may write a block at this very moment.
    return this.transact("begin", () => {
      const keys: Array<number> = []
      let from = below
      for (const row of this.statements.blocks.iterate(Math.floor((below - 1) / blockRuns))) {
        const { block, open } = row as unknown as BlockRow
        const end = (block + 1) * blockRuns
        if (end < from) return from === below ? { from: end } : { from, keys }
        from = block * blockRuns
        this.pushKeys(keys, block, below, grams, open)
        if (keys.length >= keysPerPiece) return { from, keys }
      }
      return from === below ? { from: 0 } : { from, keys }
    })
  }

  private pushKeys(keys: Array<number>, block: number, below: number, grams: ReadonlyArray<number>, open: Uint8Array) {
    const found = this.common(block, grams)
    for (let byte = rowBytes - 1; byte >= 0; byte--) {
      const bits = (found?.[byte] ?? 0) | (open[byte] ?? 0)
      for (let bit = bits === 0 ? -1 : 7; bit >= 0; bit--) {
        const key = block * blockRuns + byte * 8 + bit
        if ((bits & (1 << bit)) !== 0 && key < below) keys.push(key)
      }
    }
  }

  /** The runs of a block that have all of the pieces; undefined where none has. */
  private common(block: number, grams: ReadonlyArray<number>): Uint8Array | undefined {
    let all: Uint8Array | undefined
    for (const gram of grams) {
      const row = this.statements.bits.get(block * gramCount + gram) as { runs: Uint8Array } | undefined
      if (row === undefined) return undefined
      if (all === undefined) {
        all = row.runs
        continue
      }
      let any = 0
      for (let byte = 0; byte < rowBytes; byte++) any |= all[byte] = (all[byte] ?? 0) & (row.runs[byte] ?? 0)
      if (any === 0) return undefined
    }
    return all
  }

  /** The newest block below this one that has all of its runs. */
  lastFull(): number {
    const { id } = this.statements.newest.get() as { id: number | null }
    return Math.floor(((id ?? 0) + 1) / blockRuns) - 1
  }

  /** Whether so many more runs of a full block have ended that it should be read. */
  isWorthReading(block: number): boolean {
    const row = this.statements.open.get(block) as { open: Uint8Array } | undefined
    const open = row === undefined ? blockRuns : countBits(row.open)
    if (open < minEnded) return false
    const counts = this.statements.counts.get(block * blockRuns, (block + 1) * blockRuns)
    const { ended, runs } = counts as { runs: number; ended: number }
    const live = runs - ended
    return open - live >= Math.max(minEnded, live)
  }

  /** Reads a block, a step each time; the last one writes it. Nothing of it is kept if a text has changed meanwhile. */
  *read(block: number): Generator<void, void, void> {
    const changes = this.changes()
    const end = (block + 1) * blockRuns
    const bits = new TextBlock()
    for (let key: number | undefined = block * blockRuns; key !== undefined;) {
      key = this.readSome(key, end, bits)
      yield
    }
    this.transact("beginWriting", () => {
      if (this.changes() !== changes) return
      this.statements.forget.run(block * gramCount, (block + 1) * gramCount)
      for (const [gram, runs] of bits.entries()) this.statements.putBits.run(block * gramCount + gram, runs)
      this.statements.putBlock.run(block, bits.open)
    })
  }

  private changes(): number {
    return (this.statements.changes.get() as { changes: number }).changes
  }

  /** Gives the key to go on with; undefined at the end of the block. */
  private readSome(from: number, end: number, bits: TextBlock): number | undefined {
    let [runs, length] = [0, 0]
    for (const value of this.statements.texts.iterate(from, end)) {
      const row = value as unknown as TextRow
      const texts = row.open === 1 ? undefined : textsOf(row.run_id, row.request, row.final_message)
      if (texts === undefined) bits.addOpen(row.id)
      else {
        const { finalMessage = "", id, request } = texts
        bits.add(row.id, [id, request.title ?? "", request.prompt, finalMessage])
      }
      runs++
      length += row.request.length + (row.final_message?.length ?? 0)
      if (runs === runsPerStep || length >= textPerStep) return row.id + 1
    }
    return undefined
  }
}

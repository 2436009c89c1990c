/**
 * Packs a directory of recordings into `recordings/<cli>-<version>.json.gz`, one file for each version of a CLI.
 *
 *     node tests/transcripts/pack.mjs DIR
 *
 * DIR has one folder for each version (`codex-0.169.0`) with `<scenario>.meta.json` and, beside it, the raw bytes:
 * `.stdout.jsonl` or `.stdout.txt`, `.stderr.txt`, `.stdin.txt`. Only one-shot recordings are packed: those of
 * interactive protocols and terminals hold two directions and need another reader. The same DIR gives the same bytes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"

/** All of it may not grow beyond this: it is in every clone. */
const maximumBytes = 4 * 1024 * 1024
/** What the meta file says where only this was written to stderr, to save a file. */
const readingLine = "Reading additional input from stdin...\n"

const [directory] = process.argv.slice(2)
if (directory === undefined) {
  console.error("usage: node tests/transcripts/pack.mjs DIR")
  process.exit(2)
}
const target = join(dirname(fileURLToPath(import.meta.url)), "recordings")
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const isOneShot = (files) => ["io.jsonl", "screens.txt", "steps.json"].every((kind) => !files.has(kind))

/** `{ stdout: text }`, or `{ stdoutBase64 }` when the bytes are not UTF-8. */
const field = (name, bytes) => {
  try {
    return { [name]: strict.decode(bytes) }
  } catch {
    return { [`${name}Base64`]: bytes.toString("base64") }
  }
}

const read = (folder, scenario, kind) => {
  const path = join(folder, `${scenario}.${kind}`)
  return existsSync(path) ? readFileSync(path) : undefined
}

const stderrOf = (folder, scenario, meta) => {
  const bytes = read(folder, scenario, "stderr.txt")
  if (bytes !== undefined) return bytes
  return Buffer.from(meta.stderr?.startsWith("exactly: Reading additional input") ? readingLine : "")
}

const record = (folder, scenario, meta) => ({
  argv: meta.argv,
  /** `null` (/dev/null), `closed` (no fd 0), or the text that was piped in; `pipe` when it was not kept or stayed empty. */
  stdin: read(folder, scenario, "stdin.txt")?.toString("utf8") ?? meta.stdin,
  exitCode: meta.exit_code,
  exitSignal: meta.exit_signal,
  /** It would not end by itself, so the signal is the recorder's. */
  harnessTimedOut: meta.harness_timed_out,
  eventCounts: meta.event_counts ?? null,
  lastEvent: meta.last_event ?? null,
  unparseable: meta.unparseable_stdout_lines ?? null,
  ...(meta.stdout_truncated_in_recording ? { truncated: true } : {}),
  ...field("stdout", read(folder, scenario, "stdout.jsonl") ?? read(folder, scenario, "stdout.txt") ?? Buffer.alloc(0)),
  ...field("stderr", stderrOf(folder, scenario, meta)),
})

const pack = (version) => {
  const folder = join(directory, version)
  const names = readdirSync(folder).toSorted()
  const recordings = {}
  for (const name of names.filter((name) => name.endsWith(".meta.json"))) {
    const scenario = name.slice(0, -".meta.json".length)
    const kinds = new Set(
      names.filter((file) => file.startsWith(`${scenario}.`)).map((file) => file.slice(scenario.length + 1)),
    )
    if (!isOneShot(kinds)) continue
    recordings[scenario] = record(folder, scenario, JSON.parse(readFileSync(join(folder, name), "utf8")))
  }
  return recordings
}

mkdirSync(target, { recursive: true })
let total = 0
for (const version of readdirSync(directory).filter((name) => /^[a-z]+-\d+\.\d+\.\d+$/.test(name))) {
  const recordings = pack(version)
  const packed = gzipSync(JSON.stringify(recordings), { level: 9 })
  // Byte 9 of a gzip header names the operating system; 255 is "unknown".
  packed[9] = 255
  total += packed.length
  writeFileSync(join(target, `${version}.json.gz`), packed)
  console.log(`${version}: ${Object.keys(recordings).length} recordings, ${packed.length} bytes`)
}
console.log(`in all: ${total} bytes`)
if (total > maximumBytes) {
  console.error(`more than ${maximumBytes} bytes: choose what to leave out`)
  process.exit(1)
}

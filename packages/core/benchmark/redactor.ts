/**
 * How fast text, JSON lines and streams are masked, beside the split into lines alone, in MB/s of UTF-16 characters.
 * Run with `npx node --conditions=@runyard/source packages/core/benchmark/redactor.ts`.
 */
import * as Effect from "effect/Effect"
import { Redactor } from "../src/Redactor.ts"

const session = Effect.runSync(
  Effect.map(Redactor, (redactor) => redactor.session([{ name: "KNOWN", value: "not-in-any-of-these-texts" }])).pipe(
    Effect.provide(Redactor.layer()),
  ),
)

const prose =
  "The reducer keeps one row per run and writes src/store/rows.ts:42 before it answers; see the notes below. "
const agentLine = (index: number, size: number, secret: boolean): string =>
  JSON.stringify({
    type: "assistant",
    message: {
      id: `msg_${index}`,
      content: [
        {
          type: "text",
          text: (prose.repeat(30) + index).slice(-size + 190) + (secret ? " DB_PASSWORD=x7Kq92mZpL4t" : ""),
        },
      ],
      usage: { input_tokens: index, output_tokens: 17 },
    },
    session_id: "0d7bc090-6c05-48b9-a951-07fdc24a193d",
  })
const makeLines = (size: number, every: number) =>
  Array.from({ length: Math.ceil(4_000_000 / size) }, (_, index) => agentLine(index, size, index % every === every - 1))

const measure = (characters: number, body: () => void): number => {
  const rounds = [0, 1, 2, 3, 4].map(() => {
    const start = performance.now()
    body()
    return characters / 1000 / (performance.now() - start)
  })
  return rounds.toSorted((left, right) => left - right)[2] ?? 0
}

/** By search: V8 remembers the result of `split`. */
const countLines = (text: string): number => {
  let lines = 0
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines += text.slice(at - 1, at).length
  return lines
}

const print = (name: string, speed: number) => console.log(`${name.padEnd(34)} ${speed.toFixed(0).padStart(6)} MB/s`)

for (const [label, every] of [
  ["clean", Number.POSITIVE_INFINITY],
  ["1 % secrets", 100],
] as const) {
  for (const size of [300, 2000]) {
    const lines = makeLines(size, every)
    const whole = lines.join("\n")
    const characters = whole.length
    print(
      `${label}, ${size} B: split`,
      measure(characters, () => countLines(whole)),
    )
    print(
      `${label}, ${size} B: text, per line`,
      measure(characters, () => lines.forEach((line) => session.text(line))),
    )
    const parsing = measure(characters, () => lines.forEach((line) => JSON.parse(line) as unknown))
    const both = measure(characters, () => lines.forEach((line) => session.jsonLine(line)))
    print(`${label}, ${size} B: JSON.parse`, parsing)
    print(`${label}, ${size} B: jsonLine`, both)
    print(`${label}, ${size} B: jsonLine less parse`, 1 / Math.max(1 / both - 1 / parsing, 1e-6))
    print(
      `${label}, ${size} B: stream, 64 KiB`,
      measure(characters, () => {
        const stream = session.stream()
        for (let at = 0; at < characters; at += 65_536) stream.push(whole.slice(at, at + 65_536))
        stream.end()
      }),
    )
  }
}

console.log("hostile text: ms for 50 kB, 100 kB, 200 kB")
for (const part of [
  "token",
  "password=",
  "eyJa.",
  "a",
  "sk-ant-",
  "cookie=a=b;",
  "://a:",
  "Bearer ",
  "login a ",
  '\\"',
  "\u001b[",
  "\u001b]8;;",
  "-----BEGIN PRIVATE KEY-----\n",
  "-----BEGIN PRIVATE KEY-----",
  "key = '",
  "[redacted:",
]) {
  const times = [50_000, 100_000, 200_000].map((size) => {
    const text = part.repeat(Math.ceil(size / part.length))
    session.text(text.slice(0, 1000))
    const start = performance.now()
    session.text(text)
    return (performance.now() - start).toFixed(1).padStart(8)
  })
  console.log(`${JSON.stringify(part).padEnd(34)} ${times.join(" ")}`)
}

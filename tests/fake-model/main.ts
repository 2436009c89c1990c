/** The fake model by hand: `npx node tests/fake-model/main.ts --port 18181 --script script.json`. */
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { startFakeModel } from "./FakeModel.ts"
import { parseScript } from "./Script.ts"

const { values } = parseArgs({
  options: { port: { type: "string", default: "0" }, script: { type: "string" }, help: { type: "boolean" } },
})

if (values.help === true) {
  console.log("node tests/fake-model/main.ts [--port N] [--script FILE]   (FILE: a JSON array of steps, see README.md)")
} else {
  const model = await startFakeModel({
    port: Number(values.port),
    script: values.script === undefined ? [] : parseScript(readFileSync(values.script, "utf8")),
    onRequest: ({ index, api, auxiliary, model, prompt }) =>
      console.log(JSON.stringify({ index, api, auxiliary, model, prompt: prompt.slice(0, 200) })),
  })
  console.log(JSON.stringify({ url: model.url }))
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void model.close())
}

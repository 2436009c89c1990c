/** Writes what is made from the contract: the client's table of routes and the OpenAPI document. */
import { writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { generated } from "../src/generated.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
for (const { path, text } of generated()) await writeFile(`${root}${path}`, text)

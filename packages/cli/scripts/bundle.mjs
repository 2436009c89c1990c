// Bundles the program, and puts the scripted agent beside its callers.
import { copyFile, mkdir, rm } from "node:fs/promises"
import { bundle } from "./bundling.ts"

await rm("dist/bundle", { recursive: true, force: true })
await bundle({ main: "src/main.ts" }, "dist/bundle")
await mkdir("dist/scripted", { recursive: true })
await copyFile("src/scripted/agent.mjs", "dist/scripted/agent.mjs")

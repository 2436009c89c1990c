// What is left of a server over one SQLite file when it does nothing: Hono, a query, an answer.
import { DatabaseSync } from "node:sqlite"
import { serve } from "@hono/node-server"
import { Hono } from "hono"

const [file] = process.argv.slice(2)
const database = new DatabaseSync(file)
const last = database.prepare("SELECT max(cursor) AS last FROM run_events")
const app = new Hono()
app.get("/ready", (context) => context.json({ status: "ready", ...last.get() }))
const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
  console.log(`READY http://127.0.0.1:${port}`),
)
process.on("SIGTERM", () => server.close(() => process.exit(0)))

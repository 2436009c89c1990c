/** The tests' server with runs in it, to look at screens: `node --conditions=@runyard/source mockAll.ts [port]`. */
import { runRoutes, runStream } from "./mockRuns.ts"
import { mockServer } from "./mockServer.ts"

console.log((await mockServer({ routes: runRoutes, stream: runStream }, Number(process.argv[2] ?? 4174))).url)

/** The suite of real CLIs: `npx vitest run --config tests/real/vitest.config.ts`. It installs what is missing. */
import path from "node:path"
import { defaultClientConditions, defaultServerConditions } from "vite"
import { defineConfig } from "vitest/config"

export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  resolve: { conditions: ["@runyard/source", ...defaultClientConditions] },
  ssr: { resolve: { conditions: ["@runyard/source", ...defaultServerConditions] } },
  test: {
    include: ["tests/real/**/*.test.ts"],
    globalSetup: ["tests/real/globalSetup.ts"],
    // Several CLIs at once would only measure how busy the machine is.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})

import { availableParallelism } from "node:os"
import { defaultClientConditions, defaultServerConditions } from "vite"
import { defineConfig } from "vitest/config"
import { LongestFirst } from "./tests/support/LongestFirst.ts"

export default defineConfig({
  resolve: { conditions: ["@runyard/source", ...defaultClientConditions] },
  ssr: { resolve: { conditions: ["@runyard/source", ...defaultServerConditions] } },
  test: {
    include: ["packages/*/test/**/*.test.{ts,tsx}", "tests/**/*.test.ts"],
    exclude: ["**/node_modules/**", "tests/real/**", "tests/serve/**", "tests/browser/**", "**/test/browser/**"],
    // Most of the time is spent waiting for processes, so that workers for all processors would leave these idle.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    sequence: { sequencer: LongestFirst },
    globalSetup: ["tests/support/bundlePrograms.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})

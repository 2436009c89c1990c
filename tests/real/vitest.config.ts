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
    // Should a run ever get the environment of the tests instead of its own, it finds no home, login or service.
    env: {
      HOME: "/nonexistent/home",
      CODEX_HOME: "/nonexistent/codex",
      CLAUDE_CONFIG_DIR: "/nonexistent/claude",
      ANTHROPIC_BASE_URL: "http://127.0.0.1:9",
      OPENAI_BASE_URL: "http://127.0.0.1:9",
    },
    // Several CLIs at once would only measure how busy the machine is.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})

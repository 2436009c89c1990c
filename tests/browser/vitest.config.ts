/** The suites that need a browser: `npm run test:browser`. */
import path from "node:path"
import { mergeConfig } from "vitest/config"
import config from "../../vitest.config.ts"

export default mergeConfig(
  { ...config, test: { ...config.test, include: [], exclude: [], globalSetup: [] } },
  {
    root: path.resolve(import.meta.dirname, "../.."),
    test: {
      include: ["tests/browser/**/*.test.ts", "packages/*/test/browser/**/*.test.ts"],
      exclude: ["**/node_modules/**"],
      globalSetup: ["tests/browser/buildPage.ts", "tests/support/bundlePrograms.ts"],
      // Each has servers, agents and a browser of its own.
      maxWorkers: 2,
      testTimeout: 90_000,
      hookTimeout: 90_000,
    },
  },
)

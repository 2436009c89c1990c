/** A server in trouble: full disk, crowds, signals, two on one store. `npm run test:serve`. */
import { mergeConfig } from "vitest/config"
import config from "../../vitest.config.ts"

export default mergeConfig(
  { ...config, test: { ...config.test, include: [], exclude: [] } },
  { root: `${import.meta.dirname}/../..`, test: { include: ["tests/serve/**/*.test.ts"] } },
)

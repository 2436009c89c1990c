/** The suites that try many cases, at their whole size: `npm run test:long`. In `npm test` they are a part of it. */
import { mergeConfig } from "vitest/config"
import config from "../vitest.config.ts"

/** What each of them asks for; whoever asks for another size gets it. */
const sizes = {
  RUNYARD_CHAOS_ROUNDS: "40",
  RUNYARD_CYCLES: "100",
  RUNYARD_ENDS_ROUNDS: "300",
  RUNYARD_HOSTILE_SHARE: "1",
  RUNYARD_QUEUE_WORKLOADS: "100",
}

export default mergeConfig(
  { ...config, test: { ...config.test, include: [] } },
  {
    test: {
      include: [
        "packages/core/test/oneEnd.test.ts",
        "packages/core/test/queueSimulation.test.ts",
        "tests/chaos/chaos.test.ts",
        "tests/grants/hostile.test.ts",
        "tests/shutdown/library.test.ts",
      ],
      testNamePattern: /exactly one end|every kind of end|are executed once each|adds no option|gains no handle/,
      env: Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, process.env[name] ?? size])),
    },
  },
)

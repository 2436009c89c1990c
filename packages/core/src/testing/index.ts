/** Suites that every implementation of a seam must pass, and doubles. The only part that imports a test library. */
export * as EventDrafts from "./EventDrafts.ts"
export * as EventLogTest from "./EventLogTest.ts"
export { fakeAdapter, fakeLine } from "./FakeAdapter.ts"
export { fakeProcessHost } from "./FakeProcessHost.ts"
export type { FakeHostOptions, FakeScript, FakeStep } from "./FakeProcessHost.ts"
export { fakeStructuredOutput, fakeWorkspace } from "./FakeWorkspace.ts"
export * as RunStoreTest from "./RunStoreTest.ts"
export type { StorePlace } from "./StorePlace.ts"

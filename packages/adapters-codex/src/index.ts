/** The Codex CLI for Runyard. */
export { codexAdapter } from "./CodexAdapter.ts"
export { CodexOptions } from "./CodexOptions.ts"
export type { CodexFeature } from "./CodexVersion.ts"

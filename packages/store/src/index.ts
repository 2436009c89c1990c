/** Runyard's store on SQLite: `SqliteStore.layer({ directory })`. */
export * as SqliteStore from "./SqliteStore.ts"
export type { SqliteStoreOptions } from "./SqliteStore.ts"

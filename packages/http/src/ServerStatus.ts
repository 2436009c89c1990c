/** What a server tells of itself: the interface; a host provides the layer. */
import type { RunyardError } from "@runyard/core"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Where an agent may be tried: a directory that is granted as long as the server lives. */
export const Playground = Schema.Struct({
  workspace: Schema.String,
  /** A task for it. */
  prompt: Schema.String,
  /** What agents have to be told to do that task there, by provider. */
  options: Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Json)),
})

export const ServerInfo = Schema.Struct({
  version: Schema.String,
  /** Of Node. */
  node: Schema.String,
  platform: Schema.String,
  pid: Schema.Natural,
  /** In milliseconds since the epoch. */
  startedAt: Schema.Finite,
  /** Whether it is there to be looked at, with the scripted agent. */
  demo: Schema.Boolean,
  /** With `demo`, what it has to try. */
  playground: Schema.optionalKey(Playground),
})
export type ServerInfo = typeof ServerInfo.Type

export class ServerStatus extends Context.Service<
  ServerStatus,
  {
    readonly info: ServerInfo
    /** Whether the store can be read and not written. */
    readonly isReadOnly: boolean
    /** Fails with what keeps it from taking requests: `QUEUE_SHUTTING_DOWN`, `STORE_*`. */
    readonly ready: Effect.Effect<void, RunyardError>
    /** In the text format of Prometheus. */
    readonly metrics: Effect.Effect<string, RunyardError>
  }
>()("@runyard/http/ServerStatus") {}

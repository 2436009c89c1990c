/** What a client can call: types alone, computed from the contract. */
import type { EncodedRunEvent, LiveFrame } from "@runyard/core"
import type * as Schema from "effect/Schema"
import type { HttpApiSchema } from "effect/http-api"
import type { Api } from "../Api.ts"
import type { FollowOptions } from "./follow.ts"

type Groups = Api["groups"]
type Endpoint = {
  readonly "~Params": unknown
  readonly "~Query": unknown
  readonly "~Headers": unknown
  readonly "~Payload": unknown
  readonly "~Success": unknown
}

/** A value as it is in JSON, or before it becomes a part of the address. */
type Wire<S> =
  S extends Schema.toCodecJson<infer A>
    ? A["Encoded"]
    : S extends Schema.toCodecStringTree<infer A>
      ? A["Encoded"]
      : never

/** Whatever has no field that must be there extends this. */
type Nothing = Readonly<Record<string, never>>

type Part<Name extends string, S> = [S] extends [never]
  ? unknown
  : Nothing extends Wire<S>
    ? { readonly [K in Name]?: Wire<S> }
    : { readonly [K in Name]: Wire<S> }

type Body<S> = [S] extends [never] ? unknown : { readonly payload: Wire<S> }

type Asked<E extends Endpoint> = Part<"params", E["~Params"]> &
  Part<"query", E["~Query"]> &
  Body<E["~Payload"]> &
  Part<"headers", E["~Headers"]> & { readonly signal?: AbortSignal }

type Answer<S> = S extends HttpApiSchema.NoContent ? void : Wire<S> extends never ? void : Wire<S>

type Call<E> = E extends Endpoint
  ? Nothing extends Asked<E>
    ? (asked?: Asked<E>) => Promise<Answer<E["~Success"]>>
    : (asked: Asked<E>) => Promise<Answer<E["~Success"]>>
  : never

/** One piece of what a run does. */
export type RunFrame =
  | { readonly kind: "run"; readonly event: EncodedRunEvent }
  /** What was added to a message that is still being written. The log gets it whole. */
  | { readonly kind: "live"; readonly frame: LiveFrame }

export interface EncodedStoredEvent {
  readonly cursor: number
  readonly event: EncodedRunEvent
}

interface Streams {
  readonly runs: {
    /** The log of a run after a `seq`, then live, over connections that break; ends when the run has stopped. */
    readonly events: (id: string, options?: FollowOptions & { readonly live?: boolean }) => AsyncIterable<RunFrame>
  }
  readonly events: {
    /** The log of all runs after a cursor, then live; goes on until it is aborted. */
    readonly all: (options?: FollowOptions) => AsyncIterable<EncodedStoredEvent>
  }
}

type Calls = {
  readonly [G in keyof Groups]: {
    readonly [E in keyof Groups[G]["endpoints"]]: G extends keyof Streams
      ? E extends keyof Streams[G]
        ? Streams[G][E]
        : Call<Groups[G]["endpoints"][E]>
      : Call<Groups[G]["endpoints"][E]>
  }
}

/** One method for each route. They fail with `ApiProblem`, with `ApiUnreachable`, or as `fetch` does when it is aborted. */
export type Client = Calls

/** What a call gives. `ClientAnswer<"runs", "list">` */
export type ClientAnswer<G extends keyof Client, E extends keyof Client[G]> = Client[G][E] extends (
  ...asked: never
) => Promise<infer A>
  ? A
  : never

/** What the order of the queue remembers of what was started: data, as a store keeps it. */
import * as Schema from "effect/Schema"

export const FairLevel = Schema.Literals(["root", "provider", "class", "model", "account", "tenant", "workspace"])
export type FairLevel = typeof FairLevel.Type

export const FairClockEntry = Schema.Struct({
  path: Schema.Array(Schema.Tuple([FairLevel, Schema.String])),
  /** Virtual time at which the next start of this node begins. */
  tag: Schema.Finite,
  /** Virtual time among its children. */
  time: Schema.Finite,
  /** How often it had come back since its last start, to find that others were served meanwhile. */
  returns: Schema.Finite,
  /** Whether it took part, and so may be owed something. */
  active: Schema.Boolean,
  /** Of a lane: the greatest number that it has started. */
  passed: Schema.optionalKey(Schema.Finite),
})
export type FairClockEntry = typeof FairClockEntry.Type

/** One entry for each lane that has jobs or has recently started some, and for what is above them. */
export const FairClock = Schema.Array(FairClockEntry)
export type FairClock = typeof FairClock.Type

/** A clock of more entries is not kept: it would be more than some hundred kilobytes, again and again. */
export const maxKeptEntries = 2_000

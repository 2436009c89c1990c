/** The feeds that somebody reads, each as long as somebody does. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Feed, type FeedSource } from "./Feed.ts"
import { makeTurns } from "./turns.ts"

export interface FeedBook<A> {
  /** @param start the newest place that is stored; of meaning when nobody reads that log yet. */
  readonly join: (key: string, source: FeedSource<A>, start: number) => Feed<A>
  readonly leave: (key: string, feed: Feed<A>) => void
}

/** Ends what is still read when its scope closes. */
export const makeFeedBook = <A>(): Effect.Effect<FeedBook<A>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.context()
    const turn = makeTurns()
    /** The newest feed of each log. One that has ended makes room for the next while it is still read to its end. */
    const newest = new Map<string, Feed<A>>()
    /** All that somebody reads, and how many do. */
    const readers = new Map<Feed<A>, number>()
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const feed of readers.keys()) feed.stop()
      }),
    )
    return {
      join: (key, source, start) => {
        const known = newest.get(key)
        const feed = known === undefined || known.exit !== undefined ? new Feed(source, start, context, turn) : known
        newest.set(key, feed)
        readers.set(feed, (readers.get(feed) ?? 0) + 1)
        return feed
      },
      leave: (key, feed) => {
        const left = (readers.get(feed) ?? 0) - 1
        if (left > 0) return void readers.set(feed, left)
        readers.delete(feed)
        if (newest.get(key) === feed) newest.delete(key)
        feed.stop()
      },
    }
  })

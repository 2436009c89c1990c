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
    const open = new Map<string, { readonly feed: Feed<A>; readers: number }>()
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const { feed } of open.values()) feed.stop()
      }),
    )
    return {
      join: (key, source, start) => {
        const known = open.get(key)
        if (known !== undefined && known.feed.exit === undefined) {
          known.readers++
          return known.feed
        }
        const feed = new Feed(source, start, context, turn)
        open.set(key, { feed, readers: 1 })
        return feed
      },
      leave: (key, feed) => {
        const known = open.get(key)
        if (known?.feed !== feed || --known.readers > 0) return
        open.delete(key)
        feed.stop()
      },
    }
  })

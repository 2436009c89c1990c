/** That a feed works as long as somebody reads it, and no longer, however its readers come and go. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import type { Feed } from "../../src/internal/Feed.ts"
import { makeFeedBook } from "../../src/internal/feedBook.ts"

/** A log that ends when it is told to, for those who follow it now. */
const makeLog = () => {
  const following = new Set<() => void>()
  const follow = Effect.callback<void>((resume) => void following.add(() => resume(Effect.void)))
  return {
    source: {
      stored: () => Stream.empty,
      follow: () => Stream.drain(Stream.fromEffect(follow)),
      frame: (place: number) => ({ place, bytes: new Uint8Array(1) }),
      place: (place: number) => place,
    },
    end: () => following.forEach((end) => end()),
  }
}

/** Feeds are told apart by when they were made. */
class Made {
  private readonly feeds: Array<Feed<number>> = []

  indexOf(feed: Feed<number>): number {
    return this.feeds.includes(feed) ? this.feeds.indexOf(feed) : this.feeds.push(feed) - 1
  }

  /** Those that look after their readers, which they do every second. */
  get working() {
    const rested = this.feeds.map(() => false)
    const looked = this.feeds.map((feed, index) => {
      const straggler = { rest: () => void (rested[index] = true) }
      feed.stragglers.add(straggler)
      return () => feed.stragglers.delete(straggler)
    })
    return Effect.map(TestClock.adjust("2 seconds"), () => {
      for (const done of looked) done()
      return rested.flatMap((isWorking, index) => (isWorking ? [index] : []))
    })
  }
}

/** What was forked has begun, and those who follow have heard. */
const settle = TestClock.adjust(0)

const keys = ["one", "two"] as const
const Step = Schema.Struct({
  key: Schema.Literals(keys),
  what: Schema.Literals(["join", "leave", "end"]),
  which: Schema.Natural,
})

describe("FeedBook", () => {
  it.effect.prop(
    "keeps each feed at work while somebody reads it, and no feed when its scope has closed",
    [Schema.Array(Step).check(Schema.isMaxLength(20))],
    ([steps]) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const feeds = yield* Scope.provide(makeFeedBook<number>(), scope)
        const logs = { one: makeLog(), two: makeLog() }
        const made = new Made()
        const readers: Array<{ readonly key: (typeof keys)[number]; readonly feed: Feed<number> }> = []
        for (const { key, what, which } of steps) {
          if (what === "join") {
            const feed = feeds.join(key, logs[key].source, 0)
            assert.isUndefined(feed.exit)
            made.indexOf(feed)
            readers.push({ key, feed })
          } else if (what === "end") logs[key].end()
          else {
            const [left] = readers.splice(which % Math.max(readers.length, 1), 1)
            if (left !== undefined) feeds.leave(left.key, left.feed)
          }
          yield* settle
        }
        const read = new Set(readers.map(({ feed }) => made.indexOf(feed)))
        assert.sameMembers(yield* made.working, [...read])
        yield* Scope.close(scope, Exit.void)
        assert.deepStrictEqual(yield* made.working, [])
      }),
  )

  it.effect("lets go of one that has ended and was followed by another, when its last reader leaves", () =>
    Effect.gen(function* () {
      const feeds = yield* makeFeedBook<number>()
      const { end, source } = makeLog()
      const made = new Made()
      const first = feeds.join("run", source, 0)
      made.indexOf(first)
      yield* settle
      end()
      yield* settle
      assert.isDefined(first.exit)
      const second = feeds.join("run", source, 0)
      assert.strictEqual(made.indexOf(second), 1)
      assert.deepStrictEqual(yield* made.working, [0, 1])
      feeds.leave("run", first)
      assert.deepStrictEqual(yield* made.working, [1])
      feeds.leave("run", second)
      assert.deepStrictEqual(yield* made.working, [])
    }).pipe(Effect.scoped),
  )
})

import { ArrowDown, ArrowUp, CircleAlert } from "lucide-react"
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react"
import { ErrorState } from "../components/ErrorState.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { Spinner } from "../components/Spinner.tsx"
import { AnchoredList, type AnchoredListHandle } from "./AnchoredList.tsx"
import { BlockView } from "./BlockView.tsx"
import { Folds } from "./Folds.tsx"
import type { RunFeed } from "./RunFeed.ts"
import { Pill } from "./Pill.tsx"
import { useFirstError } from "./useFirstError.ts"

/** Blocks from either end at which more is fetched. */
const near = 12

/** What the agent and its tools did, as a person reads it. */
export const ConversationView = ({ feed, live }: { readonly feed: RunFeed; readonly live: boolean }) => {
  const { conversation, window } = feed
  const timeline = useSyncExternalStore(conversation.subscribe, conversation.snapshot)
  const list = useRef<AnchoredListHandle>(null)
  const [following, setFollowing] = useState(true)
  const follow = following && conversation.atEnd
  const { blocks } = timeline
  const places = useMemo(() => new Map(blocks.map(({ key }, index) => [key, index])), [blocks])
  const keyOf = useCallback((index: number) => blocks[index]?.key ?? `row ${index}`, [blocks])
  // A block that has become a part of another one is found at its first event.
  const indexOf = useCallback(
    (key: string) => {
      const seq = Number(key.slice(key.lastIndexOf("-") + 1))
      return places.get(key) ?? blocks.findLastIndex((block) => block.seq <= seq)
    },
    [blocks, places],
  )
  // A step that brings almost nothing to read is not followed by another one by itself: a million lines of one tool are
  // one block.
  const before = useRef(-near)
  const earlier = useCallback(() => {
    before.current = conversation.timeline.blocks.length
    void conversation.earlier()
  }, [conversation])
  const onRange = useCallback(
    (first: number, last: number) => {
      const { length } = conversation.timeline.blocks
      if (first < near && !follow && length - before.current >= near) earlier()
      else if (last > length - near) void conversation.later()
    },
    [conversation, earlier, follow],
  )
  const toLatest = () => {
    if (!conversation.atEnd) void conversation.latest()
    setFollowing(true)
  }
  const firstError = useFirstError(feed)
  const [wanted, setWanted] = useState<number>()
  useEffect(() => {
    if (wanted === undefined) return
    const index = blocks.findLastIndex(({ seq }) => seq <= wanted)
    if (index >= 0) list.current?.scrollToIndex(index)
    setWanted(undefined)
  }, [blocks, wanted])
  /** What is shown may begin after it. */
  const toError = async () => {
    if (firstError === undefined) return
    await conversation.around(firstError)
    setWanted(firstError)
  }
  if (window.error !== undefined && blocks.length === 0) {
    return (
      <div className="p-5">
        <ErrorState error={window.error} title="The log could not be loaded" onRetry={() => window.retry()} />
      </div>
    )
  }
  if (blocks.length === 0) {
    return (
      <div className="mx-auto w-full max-w-3xl px-5 py-6">
        {conversation.loading === "first" ? (
          <SkeletonLines lines={7} />
        ) : (
          <p className="text-sm text-faint">Nothing yet.</p>
        )}
      </div>
    )
  }
  return (
    <Folds>
      <div className="relative flex min-h-0 flex-1 flex-col">
        {conversation.from > 1 &&
          conversation.loading === undefined &&
          (follow ? blocks.length < 30 : blocks.length - before.current < near) && (
            <div className="pointer-events-none absolute inset-x-0 top-2 z-10 flex justify-center">
              <Pill onClick={earlier}>
                <ArrowUp /> Show what was before
              </Pill>
            </div>
          )}
        {conversation.loading === "earlier" && (
          <div className="pointer-events-none absolute inset-x-0 top-2 z-10 flex justify-center" role="status">
            <span className="flex items-center gap-2 rounded-full bg-surface px-3 py-1 text-xs text-soft shadow-over">
              <Spinner /> Loading what was before
            </span>
          </div>
        )}
        <AnchoredList
          ref={list}
          label="Conversation"
          count={blocks.length}
          keyOf={keyOf}
          indexOf={indexOf}
          estimate={72}
          follow={follow}
          onFollow={setFollowing}
          onRange={onRange}
          className="flex-1"
          rowClassName="mx-auto w-full max-w-3xl px-5 max-sm:px-4 first:pt-4 last:pb-13"
        >
          {(index) => {
            const block = blocks[index]
            return block === undefined ? null : <BlockView block={block} />
          }}
        </AnchoredList>
        <div className="pointer-events-none absolute inset-x-0 bottom-4 flex justify-center gap-2">
          {firstError !== undefined && (blocks.length > 8 || conversation.from > 1) && (
            <Pill onClick={() => void toError()}>
              <CircleAlert className="text-bad" /> First error
            </Pill>
          )}
          {!follow && (
            <Pill onClick={toLatest}>
              <ArrowDown /> {live ? "Jump to latest" : "To the end"}
            </Pill>
          )}
        </div>
      </div>
    </Folds>
  )
}

/**
 * A list of any length in which what a person reads stays where it is: rows are as high as they come, are added at both
 * ends, and are drawn only where they can be seen. Its scrollbar is scaled where a browser could not show the list's height.
 */
import {
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react"
import { flushSync } from "react-dom"
import { cn } from "../components/cn.ts"
import { maxHeight, placeOf, type Scale, scaledHeight, scrollTopOf } from "./scrollScale.ts"

export interface AnchoredListHandle {
  readonly scrollToIndex: (index: number) => void
  readonly scrollToEnd: () => void
}

export interface AnchoredListProps {
  readonly count: number
  readonly keyOf: (index: number) => string
  /** Where the row with this key is now; undefined where it is gone. */
  readonly indexOf: (key: string) => number | undefined
  readonly children: (index: number) => ReactNode
  /** How high a row probably is, in pixels. */
  readonly estimate: number
  /** Whether the end is kept in view while rows are added. */
  readonly follow: boolean
  /** The reader has left the end, or has come back to it. */
  readonly onFollow: (follow: boolean) => void
  /** Which rows are in view. */
  readonly onRange?: (first: number, last: number) => void
  readonly label: string
  readonly className?: string
  readonly rowClassName?: string
  readonly ref?: Ref<AnchoredListHandle>
}

/** Rows that are drawn above and below what is in view, in heights of the view. */
const overscan = 0.75
/** More rows are drawn when so much of the view has gone by: a few in each frame, and never many in one. */
const step = 0.1
/** The scrollbar is put right when nobody has scrolled for so many milliseconds. */
const idleMillis = 120

interface Anchor {
  key: string
  index: number
  /** How far the top of the view is below the top of the row, in pixels. */
  offset: number
}

interface Range {
  readonly first: number
  /** Not included. */
  readonly end: number
}

export const AnchoredList = (props: AnchoredListProps) => {
  const { children, className, count, estimate, follow, indexOf, keyOf, label, ref, rowClassName } = props
  const scroller = useRef<HTMLDivElement>(null)
  const spacer = useRef<HTMLDivElement>(null)
  const block = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  const anchor = useRef<Anchor>({ key: "", index: 0, offset: 0 })
  const rowHeight = useRef(estimate)
  const lastTop = useRef(0)
  const dragging = useRef(false)
  const idle = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [range, setRange] = useState<Range>({ first: 0, end: 0 })
  /** The rows that are in the document, and those that are about to be. */
  const drawn = useRef(range)
  const asked = useRef(range)
  /** The first row that was in view when they were asked for. */
  const askedAt = useRef(0)

  const scaleOf = useCallback(
    (view: HTMLElement): Scale => ({
      count: latest.current.count,
      rowHeight: rowHeight.current,
      viewport: view.clientHeight,
    }),
    [],
  )

  /** Draws the rows around the anchor, where they are not drawn yet; ahead of it, where somebody scrolls. */
  const draw = useCallback((scrolled = false) => {
    const view = scroller.current
    if (view === null) return
    const { count, follow } = latest.current
    const perView = Math.ceil(view.clientHeight / Math.max(16, rowHeight.current)) + 1
    const more = Math.ceil(perView * overscan) + 2
    const at = follow ? count - perView : anchor.current.index
    const wanted = { first: Math.max(0, at - more), end: Math.min(count, at + perView + more) }
    const visible = { first: Math.max(0, at), end: Math.min(count, at + perView) }
    const { end, first } = asked.current
    const isAhead = !scrolled || Math.abs(at - askedAt.current) < Math.max(1, perView * step)
    const enough = first <= visible.first && end >= visible.end && end <= count && end - first < 6 * perView
    const missesEnd = visible.end === count && end !== count
    if (enough && isAhead && !missesEnd) return
    asked.current = wanted
    askedAt.current = at
    const isDrawn = drawn.current.first <= visible.first && drawn.current.end >= visible.end
    // What is in view must not be empty for a frame.
    if (scrolled && !isDrawn) flushSync(() => setRange(wanted))
    else setRange(wanted)
  }, [])

  /** Makes the first row that is in view the anchor. */
  const normalise = useCallback(() => {
    const rows = block.current?.children
    if (rows === undefined) return
    const { count, keyOf } = latest.current
    const here = anchor.current
    const heightOf = (index: number) =>
      (rows[index - drawn.current.first] as HTMLElement | undefined)?.offsetHeight ?? rowHeight.current
    while (here.offset < 0 && here.index > 0) here.offset += heightOf(--here.index)
    for (let height = heightOf(here.index); here.offset >= height && here.index < count - 1;) {
      here.offset -= height
      height = heightOf(++here.index)
    }
    here.key = count === 0 ? "" : keyOf(here.index)
  }, [])

  /** Puts the scrollbar where it belongs for what is in view, and what is in view with it. */
  const settle = useCallback(() => {
    const view = scroller.current
    const rows = block.current
    if (view === null || rows === null || spacer.current === null) return
    // Somebody has scrolled, and the page has not been told yet: that counts, and not where it stood before.
    if (Math.abs(view.scrollTop - lastTop.current) >= 0.5) return
    const { count, follow } = latest.current
    const amount = drawn.current.end - drawn.current.first
    if (amount > 0 && rows.offsetHeight > 0) {
      const measured = rows.offsetHeight / rows.children.length
      // A list that is drawn whole is as high as it is.
      rowHeight.current = amount === count ? measured : rowHeight.current + (measured - rowHeight.current) * 0.25
    }
    const scale = scaleOf(view)
    spacer.current.style.height = `${scaledHeight(scale)}px`
    const end = scaledHeight(scale) - view.clientHeight
    const top = Math.round(follow ? end : scrollTopOf(scale, anchor.current))
    if (Math.abs(top - view.scrollTop) < 1) return
    view.scrollTop = top
    // The browser has the last word on where it stands.
    const moved = view.scrollTop - lastTop.current
    lastTop.current = view.scrollTop
    rows.style.top = `${Number.parseFloat(rows.style.top || "0") + moved}px`
  }, [scaleOf])

  /** Puts the drawn rows so that the anchor is where it was; at the ends, so that nothing is empty. */
  const place = useCallback(() => {
    const view = scroller.current
    const rows = block.current
    if (view === null || rows === null || rows.children.length === 0) return
    const { count, follow } = latest.current
    const { end, first } = drawn.current
    const row = rows.children[anchor.current.index - first] as HTMLElement | undefined
    const height = rows.offsetHeight
    const atLast = end === count
    if (follow ? !atLast : row === undefined) return
    let top = row === undefined ? 0 : -anchor.current.offset - row.offsetTop
    if (atLast && (follow || top + height < view.clientHeight)) top = view.clientHeight - height
    if (first === 0 && top > 0) top = 0
    rows.style.top = `${lastTop.current + top}px`
    // What the ends have pushed back is the new place.
    const shift = row === undefined ? 0 : -top - row.offsetTop - anchor.current.offset
    if (row === undefined) anchor.current = { key: "", index: first, offset: -top }
    else if (follow || Math.abs(shift) >= 1) anchor.current.offset += shift
    normalise()
    const isStart = first === 0 && top >= 0
    const isEnd = atLast && top + height <= view.clientHeight
    if (isStart || isEnd) settle()
    draw()
  }, [draw, normalise, settle])

  const onScroll = useCallback(() => {
    const view = scroller.current
    if (view === null) return
    const moved = view.scrollTop - lastTop.current
    if (Math.abs(moved) < 0.5) return
    lastTop.current = view.scrollTop
    const scale = scaleOf(view)
    const scaled = scale.count * scale.rowHeight > maxHeight
    const far = Math.abs(moved) > Math.max(3_000, 3 * view.clientHeight)
    if (latest.current.follow && moved < 0) {
      latest.current = { ...latest.current, follow: false }
      latest.current.onFollow(false)
    }
    if (far || (dragging.current && scaled)) {
      const { index, offset } = placeOf(scale, view.scrollTop)
      anchor.current = { key: "", index, offset }
    } else anchor.current.offset += moved
    normalise()
    draw(true)
    place()
    const { end, first } = drawn.current
    const height = block.current?.offsetHeight ?? 0
    const bottom = Number.parseFloat(block.current?.style.top ?? "0") + height - view.scrollTop
    if (moved > 0 && end === scale.count && bottom <= view.clientHeight + 4) latest.current.onFollow(true)
    const stuck =
      (view.scrollTop <= 0 && (first > 0 || anchor.current.index > 0)) ||
      (view.scrollTop >= view.scrollHeight - view.clientHeight - 1 && end < scale.count)
    if (stuck && !dragging.current) settle()
    clearTimeout(idle.current)
    idle.current = setTimeout(() => !dragging.current && settle(), idleMillis)
    report()
  }, [draw, normalise, place, scaleOf, settle])

  const reported = useRef("")
  const report = useCallback(() => {
    const view = scroller.current
    if (view === null || latest.current.count === 0) return
    const first = anchor.current.index
    const last = Math.min(latest.current.count - 1, first + Math.ceil(view.clientHeight / rowHeight.current))
    const text = `${first} ${last} ${latest.current.count}`
    if (text === reported.current) return
    reported.current = text
    latest.current.onRange?.(first, last)
  }, [])

  useLayoutEffect(() => {
    latest.current = props
    drawn.current = { first: range.first, end: Math.min(range.end, count) }
    const here = anchor.current
    if (here.key !== "" && !props.follow && (here.index >= count || keyOf(here.index) !== here.key)) {
      const found = indexOf(here.key)
      if (found !== undefined && found >= 0) here.index = found
    }
    here.index = Math.min(here.index, Math.max(0, count - 1))
    draw()
    place()
    const view = scroller.current
    if (
      view !== null &&
      spacer.current !== null &&
      (follow || scaledHeight(scaleOf(view)) > spacer.current.offsetHeight)
    )
      settle()
    report()
  })

  useEffect(() => {
    const view = scroller.current
    const rows = block.current
    if (view === null || rows === null) return
    const observer = new ResizeObserver(() => {
      draw()
      place()
      if (latest.current.follow) settle()
    })
    observer.observe(view)
    observer.observe(rows)
    const release = () => {
      if (!dragging.current) return
      dragging.current = false
      settle()
    }
    window.addEventListener("pointerup", release)
    return () => {
      observer.disconnect()
      window.removeEventListener("pointerup", release)
      clearTimeout(idle.current)
    }
  }, [draw, place, settle])

  useImperativeHandle(
    ref,
    () => ({
      scrollToIndex: (index) => {
        latest.current = { ...latest.current, follow: false }
        latest.current.onFollow(false)
        anchor.current = { key: keyOf(index), index, offset: -24 }
        draw()
        place()
        settle()
        report()
      },
      scrollToEnd: () => latest.current.onFollow(true),
    }),
    [draw, keyOf, place, report, settle],
  )

  const rows: Array<ReactNode> = []
  for (let index = range.first; index < Math.min(range.end, count); index++) {
    rows.push(
      <div key={keyOf(index)} role="listitem" aria-posinset={index + 1} aria-setsize={count} className={rowClassName}>
        {children(index)}
      </div>,
    )
  }
  return (
    <div
      ref={scroller}
      role="list"
      aria-label={label}
      // An area that scrolls is reached with the keyboard
      tabIndex={0}
      onScroll={onScroll}
      onPointerDown={({ currentTarget, nativeEvent, target }) => {
        dragging.current = target === currentTarget && nativeEvent.offsetX >= currentTarget.clientWidth
      }}
      className={cn(
        // On a ground of its own it is scrolled without being drawn again.
        "scroll-slim relative min-h-0 bg-ground overflow-x-hidden overflow-y-auto [overflow-anchor:none] focus-visible:-outline-offset-2",
        className,
      )}
    >
      <div ref={spacer} role="presentation" className="relative">
        <div ref={block} role="presentation" className="absolute inset-x-0">
          {rows}
        </div>
      </div>
    </div>
  )
}

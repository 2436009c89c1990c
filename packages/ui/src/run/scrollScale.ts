/**
 * Where a scrollbar stands for a place in a list that may be too long for one. Browsers stop at some 17 to 33 million
 * pixels, which a million rows can pass. Pure.
 */

/** The largest height that a list is given, in pixels. */
export const maxHeight = 8_000_000

/** At both ends of a longer list a pixel of the scrollbar is a pixel of the list for so many; between, it is more. */
const edge = 500_000

export interface Scale {
  readonly count: number
  /** Of a row, in pixels, as far as is known. */
  readonly rowHeight: number
  /** Of what is visible, in pixels. */
  readonly viewport: number
}

/** A place in a list: a row, and how far the top of the view is below the row's top, in pixels. */
export interface Place {
  readonly index: number
  readonly offset: number
}

/** The height of all rows together, as the scrollbar has it. */
export const scaledHeight = ({ count, rowHeight, viewport }: Scale): number =>
  Math.max(viewport, Math.min(maxHeight, Math.ceil(count * rowHeight)))

const clamp = (value: number, most: number): number => Math.min(Math.max(0, value), Math.max(0, most))

/** How far the scrollbar goes, and how far the list would. */
const waysOf = (scale: Scale) => ({
  short: scaledHeight(scale) - scale.viewport,
  long: Math.max(0, Math.ceil(scale.count * scale.rowHeight) - scale.viewport),
})

/** Where the scrollbar stands for a place. */
export const scrollTopOf = (scale: Scale, { index, offset }: Place): number => {
  const { long, short } = waysOf(scale)
  const at = clamp(index * scale.rowHeight + offset, long)
  if (long <= short || at <= edge) return at
  const left = long - at
  if (left <= edge) return short - left
  return edge + ((at - edge) * (short - 2 * edge)) / (long - 2 * edge)
}

/** The place for where the scrollbar stands. */
export const placeOf = (scale: Scale, scrollTop: number): Place => {
  const { long, short } = waysOf(scale)
  const top = clamp(scrollTop, short)
  const left = short - top
  const at =
    long <= short || top <= edge
      ? top
      : left <= edge
        ? long - left
        : edge + ((top - edge) * (long - 2 * edge)) / (short - 2 * edge)
  const index = Math.min(Math.max(0, scale.count - 1), Math.floor(at / scale.rowHeight))
  return { index, offset: at - index * scale.rowHeight }
}

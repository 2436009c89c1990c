import { useEffect, useRef } from "react"
import uPlot from "uplot"
import "uplot/dist/uPlot.min.css"
import { useDrawnTheme } from "../app/theme.ts"

export interface UsageChartProps {
  /** Of the days, `YYYY-MM-DD`. */
  readonly days: ReadonlyArray<string>
  readonly values: ReadonlyArray<number>
  readonly format: (value: number) => string
  /** What is drawn, for those who do not see it. */
  readonly label: string
  /** The day under the pointer. */
  readonly onHover: (index: number | undefined) => void
}

const height = 200

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

const dayText = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" })

/** A bar for each day. Loaded with its library when the screen is opened. */
export const UsageChart = ({ days, format, label, onHover, values }: UsageChartProps) => {
  const box = useRef<HTMLDivElement>(null)
  const hover = useRef(onHover)
  const theme = useDrawnTheme()
  const key = JSON.stringify([days, values])
  useEffect(() => {
    hover.current = onHover
  })
  useEffect(() => {
    const { current } = box
    if (current === null) return
    const font = `11px ${getComputedStyle(document.body).fontFamily}`
    const axis = { stroke: token("--text-faint"), font, ticks: { show: false } }
    const chart = new uPlot(
      {
        width: current.clientWidth,
        height,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
        scales: {
          x: { time: false, range: [-0.6, days.length - 0.4] },
          y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 28,
            incrs: [1, 2, 5, 7, 10, 14],
            space: 56,
            values: (_, splits) =>
              splits.map((index) => {
                const day = Number.isInteger(index) ? days[index] : undefined
                return day === undefined ? "" : dayText.format(new Date(`${day}T12:00`))
              }),
          },
          {
            ...axis,
            size: 56,
            space: 44,
            grid: { stroke: token("--line"), width: 1 },
            values: (_, splits) => splits.map(format),
          },
        ],
        series: [
          {},
          {
            stroke: token("--accent"),
            fill: token("--accent"),
            width: 0,
            points: { show: false },
            ...(uPlot.paths.bars === undefined ? {} : { paths: uPlot.paths.bars({ size: [0.62, 36], radius: 0.12 }) }),
          },
        ],
        hooks: { setCursor: [({ cursor }) => hover.current(cursor.idx ?? undefined)] },
      },
      [days.map((_, index) => index), [...values]],
      current,
    )
    const observer = new ResizeObserver(() => chart.setSize({ width: current.clientWidth, height }))
    observer.observe(current)
    return () => {
      observer.disconnect()
      chart.destroy()
    }
    // The key says all that the days and values do.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [key, format, theme])
  return <div ref={box} role="img" aria-label={label} className="h-50 w-full overflow-hidden" />
}

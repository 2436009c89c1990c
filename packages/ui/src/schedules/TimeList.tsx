import { RelativeTime } from "../components/RelativeTime.tsx"
import { isSameClock, zonedText } from "./zonedTime.ts"

interface TimeListProps {
  readonly times: ReadonlyArray<number>
  /** Of the schedule. */
  readonly timeZone: string
  readonly label: string
}

/** Times to come, by the clock here, and by that of the schedule where it shows another time. */
export const TimeList = ({ label, timeZone, times }: TimeListProps) => (
  <ol aria-label={label} className="text-sm">
    {times.map((at) => (
      <li key={at} className="flex flex-wrap items-baseline gap-x-3 py-0.5">
        <span>{zonedText(at)}</span>
        {!isSameClock(at, timeZone) && <span className="text-xs text-soft">{zonedText(at, timeZone)} there</span>}
        <RelativeTime at={at} className="ml-auto text-xs text-faint" />
      </li>
    ))}
  </ol>
)

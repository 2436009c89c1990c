import { Link } from "@tanstack/react-router"
import type { Schedule } from "../api/types.ts"
import { whyText } from "./scheduleText.ts"
import { zonedText } from "./zonedTime.ts"

type Fire = Schedule["fires"][number]

const Became = ({ fire }: { readonly fire: Fire }) => {
  if (fire.outcome === "refused") return <span className="text-bad">Refused: {fire.code}</span>
  if (fire.outcome === "run") {
    return (
      <Link to="/runs/$id" params={{ id: fire.runId }} className="underline underline-offset-3">
        Run<span className="sr-only"> of {zonedText(fire.due)}</span>
      </Link>
    )
  }
  return (
    <span className="text-soft">
      Skipped: {whyText[fire.why]}
      {fire.runId !== undefined && (
        <>
          {" "}
          (
          <Link to="/runs/$id" params={{ id: fire.runId }} className="underline underline-offset-3">
            the run<span className="sr-only"> that had not ended at {zonedText(fire.due)}</span>
          </Link>
          )
        </>
      )}
    </span>
  )
}

/** What came of the last times, the newest first. */
export const FireList = ({ fires }: { readonly fires: Schedule["fires"] }) => (
  <ol aria-label="Last times" className="text-sm">
    {fires.toReversed().map((fire) => (
      <li key={`${fire.due} ${fire.by ?? ""}`} className="flex flex-wrap items-baseline gap-x-3 py-0.5">
        <span>{zonedText(fire.due)}</span>
        {fire.by !== undefined && <span className="text-xs text-soft">asked for by {fire.by}</span>}
        <span className="ml-auto text-xs">
          <Became fire={fire} />
        </span>
      </li>
    ))}
  </ol>
)

import type { UsageSum } from "../api/types.ts"
import { Money } from "../components/Money.tsx"
import { countText } from "../components/moneyText.ts"
import { tokensOf, usdOf } from "./usageSum.ts"

interface UsageTableProps {
  /** What the rows are: "Agent". */
  readonly name: string
  readonly sums: ReadonlyArray<UsageSum>
  /** What a key is called. Default: the key itself. */
  readonly nameOf?: (key: string) => string
  /** What an empty key stands for. */
  readonly unnamed: string
}

/** Most expensive first. */
export const UsageTable = ({ name, nameOf, sums, unnamed }: UsageTableProps) => {
  const rows = sums.toSorted((one, other) => (usdOf(other) ?? 0) - (usdOf(one) ?? 0) || tokensOf(other) - tokensOf(one))
  const most = Math.max(0, ...rows.map((row) => usdOf(row) ?? 0))
  return (
    <div className="overflow-x-auto rounded-lg border bg-surface shadow-raised">
      <table className="w-full text-left text-sm">
        <thead className="text-xs text-faint">
          <tr className="border-b">
            <th className="px-4 py-2 font-medium max-sm:pr-2">{name}</th>
            <th className="px-4 py-2 text-right font-medium whitespace-nowrap max-sm:hidden">Attempts</th>
            <th className="px-4 py-2 text-right font-medium whitespace-nowrap max-sm:px-2">Tokens</th>
            <th className="px-4 py-2 text-right font-medium whitespace-nowrap max-sm:pl-2">Cost</th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {rows.map((row) => {
            const usd = usdOf(row)
            return (
              <tr key={row.key}>
                <td className="w-full min-w-28 px-4 py-2 wrap-anywhere max-sm:pr-2">
                  {row.key === "" ? <span className="text-faint">{unnamed}</span> : (nameOf?.(row.key) ?? row.key)}
                  <span className="mt-1 block h-0.5 rounded-full bg-hover" aria-hidden="true">
                    <span
                      className="block h-full rounded-full bg-accent"
                      style={{ width: `${most === 0 ? 0 : ((usd ?? 0) / most) * 100}%` }}
                    />
                  </span>
                </td>
                <td className="px-4 py-2 text-right whitespace-nowrap text-soft max-sm:hidden">
                  {countText(row.attempts)}
                </td>
                <td className="px-4 py-2 text-right whitespace-nowrap text-soft max-sm:px-2">
                  {row.tokensUncertain > 0 && (
                    <span title={`${row.tokensUncertain} attempts are not known exactly`}>≥ </span>
                  )}
                  {countText(tokensOf(row))}
                </td>
                <td className="px-4 py-2 text-right whitespace-nowrap max-sm:pl-2">
                  {usd === undefined ? <span className="text-faint">Not known</span> : <Money usd={usd} />}
                  {usd !== undefined && row.costUnknown > 0 && (
                    <span className="block text-xs text-faint">and {countText(row.costUnknown)} not known</span>
                  )}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

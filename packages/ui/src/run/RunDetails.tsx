import { terminalText } from "@runyard/core/TerminalText"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { redactionsQuery } from "../api/runQueries.ts"
import type { Run } from "../api/types.ts"
import { agentName } from "../components/agentName.ts"
import { Badge } from "../components/Badge.tsx"
import { CopyButton } from "../components/CopyButton.tsx"
import { countText, usdText } from "../components/moneyText.ts"
import { RelativeTime } from "../components/RelativeTime.tsx"
import { spanText } from "../components/timeText.ts"
import { modeLabel } from "../composer/modeItems.ts"
import { tokensIn } from "./runFigures.ts"

const Row = ({
  children,
  copy,
  label,
}: {
  readonly label: string
  readonly copy?: string
  readonly children: ReactNode
}) => (
  <div className="group flex items-start gap-3 py-1">
    <dt className="w-20 shrink-0 text-xs leading-5 text-faint">{label}</dt>
    <dd className="relative min-w-0 flex-1 text-sm break-words pointer-coarse:pr-8">
      {children}
      {copy !== undefined && (
        <CopyButton
          text={copy}
          label={`Copy: ${label}`}
          className="absolute -top-1 right-0 bg-surface opacity-0 group-hover:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
        />
      )}
    </dd>
  </div>
)

const Part = ({ children, title }: { readonly title: string; readonly children: ReactNode }) => (
  <section className="border-b px-5 py-4 last:border-b-0 max-sm:px-4">
    <h2 className="pb-1.5 text-xs font-semibold">{title}</h2>
    {children}
  </section>
)

const Code = ({ children }: { readonly children: string }) => (
  <span className="font-mono text-xs">{terminalText(children)}</span>
)

const exitText = (exit: NonNullable<Run["attempts"][number]["exit"]>): string =>
  exit.signal === null ? (exit.code === null ? "not known" : `exit ${exit.code}`) : `ended by ${exit.signal}`

const Attempts = ({ run }: { readonly run: Run }) => (
  <ol className="flex flex-col gap-2.5">
    {run.attempts.map(({ endedAt, error, exit, number, pid, retry, startedAt, version }) => (
      <li key={number} className="text-sm">
        <div className="flex items-baseline gap-2">
          <span className="font-medium">Attempt {number}</span>
          {startedAt !== undefined && (
            <span className="text-xs text-faint">
              <RelativeTime at={startedAt} />
              {endedAt !== undefined && `, ${spanText(endedAt - startedAt)}`}
            </span>
          )}
        </div>
        <div className="text-xs text-soft">
          {[
            version === undefined ? undefined : terminalText(version),
            pid === undefined ? undefined : `pid ${pid}`,
            exit === undefined ? undefined : exitText(exit),
          ]
            .filter((part) => part !== undefined)
            .join(" · ")}
        </div>
        {error !== undefined && (
          <p className="mt-0.5 text-xs text-bad">
            {error.code}: {terminalText(error.message)}
          </p>
        )}
        {retry !== undefined && <p className="text-xs text-soft">{terminalText(retry.sentence)}</p>}
      </li>
    ))}
  </ol>
)

const Redactions = ({ run }: { readonly run: Run }) => {
  const api = useApi()
  const { data } = useQuery({ ...redactionsQuery(api, run.id), enabled: run.redactionCount > 0 })
  const rules = new Map<string, number>()
  for (const { count, rule } of data ?? []) rules.set(rule, (rules.get(rule) ?? 0) + count)
  return (
    <>
      <p className="text-sm text-soft">
        {run.redactionCount === 0
          ? "No secret was found in what was read."
          : `${run.redactionCount.toLocaleString("en-US")} ${run.redactionCount === 1 ? "text was" : "texts were"} masked before anything was stored.`}
      </p>
      {rules.size > 0 && (
        <ul className="mt-2 flex flex-wrap gap-1.5">
          {[...rules].map(([rule, count]) => (
            <li key={rule}>
              <Badge>
                {rule} ×{count}
              </Badge>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** The facts of a run: what was asked, what it used, its attempts, what was masked. */
export const RunDetails = ({ run }: { readonly run: Run }) => {
  const { cost, model, request, sessionId, usage } = run
  return (
    <div>
      <Part title="Request">
        <dl>
          <Row label="Agent">{agentName(request.provider)}</Row>
          {(model ?? request.model) !== undefined && (
            <Row label="Model">{terminalText(model ?? request.model ?? "")}</Row>
          )}
          <Row label="Directory" copy={request.cwd}>
            <Code>{request.cwd}</Code>
          </Row>
          <Row label="Permissions">{modeLabel(request.permissionMode ?? "default")}</Row>
          {request.sandbox !== undefined && <Row label="Sandbox">{modeLabel(request.sandbox)}</Row>}
          {run.queue !== undefined && <Row label="Priority">{run.queue.priority}</Row>}
          {run.actor !== undefined && <Row label="Asked by">{terminalText(run.actor)}</Row>}
          <Row label="Asked">
            <RelativeTime at={run.createdAt} />
          </Row>
          {request.rerunOf !== undefined && (
            <Row label="Rerun of">
              <Link
                to="/runs/$id"
                params={{ id: request.rerunOf }}
                className="font-mono text-xs text-accent underline underline-offset-2"
              >
                {request.rerunOf}
              </Link>
            </Row>
          )}
          <Row label="Id" copy={run.id}>
            <span className="font-mono text-2xs">{run.id}</span>
          </Row>
          {sessionId !== undefined && (
            <Row label="Conversation" copy={sessionId}>
              <Code>{sessionId}</Code>
            </Row>
          )}
        </dl>
      </Part>
      <Part title="Usage">
        {usage === undefined && cost === undefined ? (
          <p className="text-sm text-soft">Nothing is known yet.</p>
        ) : (
          <dl>
            {usage !== undefined && (
              <>
                <Row label="Tokens in">
                  {countText(tokensIn(usage))}
                  {usage.cachedInputTokens > 0 && (
                    <span className="text-faint">, {countText(usage.cachedInputTokens)} of them cached</span>
                  )}
                </Row>
                <Row label="Tokens out">
                  {countText(usage.outputTokens)}
                  {usage.reasoningTokens !== undefined && usage.reasoningTokens > 0 && (
                    <span className="text-faint">, {countText(usage.reasoningTokens)} of them reasoning</span>
                  )}
                </Row>
              </>
            )}
            <Row label="Cost">
              {cost === undefined ? <span className="text-soft">not told</span> : usdText(cost.usd)}
            </Row>
            {(usage?.basis === "session" || cost?.basis === "session") && (
              <p className="mt-1 text-xs text-faint">The CLI counts the whole conversation, earlier runs included.</p>
            )}
          </dl>
        )}
      </Part>
      {run.attempts.length > 0 && (
        <Part title="Attempts">
          <Attempts run={run} />
        </Part>
      )}
      <Part title="Redaction">
        <Redactions run={run} />
      </Part>
      {run.unknownLines > 0 && (
        <Part title="Output">
          <p className="text-sm text-soft">
            {run.unknownLines.toLocaleString("en-US")} {run.unknownLines === 1 ? "line was" : "lines were"} not
            understood; they are in the log as they came.
          </p>
        </Part>
      )}
    </div>
  )
}

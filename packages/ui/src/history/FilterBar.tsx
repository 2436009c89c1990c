import { useQuery } from "@tanstack/react-query"
import { Search, X } from "lucide-react"
import { useEffect, useRef, useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import { capabilitiesQuery } from "../api/queries.ts"
import type { Run } from "../api/types.ts"
import { useShortcut } from "../app/shortcuts.ts"
import { agentName } from "../components/agentName.ts"
import { cn } from "../components/cn.ts"
import { IconButton } from "../components/IconButton.tsx"
import { Input } from "../components/Input.tsx"
import { Select } from "../components/Select.tsx"
import { type RunsSearch, runStatuses } from "../routes/runsSearch.ts"
import { statuses } from "./statuses.ts"

/** The list follows what is typed after so many milliseconds. */
const typingMillis = 250

interface FilterBarProps {
  readonly search: RunsSearch
  readonly onChange: (change: { readonly [K in keyof RunsSearch]: RunsSearch[K] | undefined }) => void
  /** Those that are loaded: their providers can be chosen. */
  readonly runs: ReadonlyArray<Run>
}

const SearchField = ({ onChange, q }: { readonly q: string; readonly onChange: (q: string | undefined) => void }) => {
  const [typed, setTyped] = useState(q)
  const input = useRef<HTMLInputElement>(null)
  const latest = useRef(onChange)
  useEffect(() => {
    latest.current = onChange
  })
  useEffect(() => setTyped(q), [q])
  useEffect(() => {
    if (typed.trim() === q) return
    const timer = setTimeout(() => latest.current(typed.trim() || undefined), typingMillis)
    return () => clearTimeout(timer)
  }, [q, typed])
  useShortcut("/", () => input.current?.focus())
  return (
    <div className="relative min-w-0 flex-1 sm:max-w-72">
      <Search
        className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-faint"
        aria-hidden="true"
      />
      <Input
        ref={input}
        type="search"
        aria-label="Search prompts and titles"
        aria-keyshortcuts="/"
        placeholder="Search"
        maxLength={200}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
        onKeyDown={({ currentTarget, key }) => key === "Escape" && currentTarget.blur()}
        className="pl-8 [&::-webkit-search-cancel-button]:hidden"
      />
      {typed !== "" && (
        <IconButton
          label="Clear the search"
          size="sm"
          onClick={() => setTyped("")}
          className="absolute top-1 right-1 max-sm:top-0.5"
        >
          <X />
        </IconButton>
      )}
    </div>
  )
}

const chip =
  "inline-flex h-7 shrink-0 items-center rounded-full border px-2.5 text-xs font-medium whitespace-nowrap text-soft hover:bg-hover hover:text-text aria-pressed:border-transparent aria-pressed:bg-solid aria-pressed:text-on-solid max-sm:h-9 max-sm:px-3.5"

/** What of the history is shown. All of it stands in the address. */
export const FilterBar = ({ onChange, runs, search }: FilterBarProps) => {
  const api = useApi()
  // What somebody has asked for already; asking would start every CLI.
  const { data: known } = useQuery({ ...capabilitiesQuery(api), enabled: false })
  const providers = new Set([
    ...(known ?? []).map(({ provider }) => provider),
    ...runs.map(({ request }) => request.provider),
    ...(search.provider === undefined ? [] : [search.provider]),
  ])
  return (
    <div className="flex flex-wrap items-center gap-2 border-b px-5 py-2.5 max-sm:px-4">
      <SearchField q={search.q ?? ""} onChange={(q) => onChange({ q })} />
      <Select
        label="Agent"
        className="w-36 shrink-0"
        value={search.provider ?? ""}
        onChange={(provider) => onChange({ provider: provider || undefined })}
        items={[
          { value: "", label: "All agents" },
          ...[...providers].toSorted().map((provider) => ({ value: provider, label: agentName(provider) })),
        ]}
      />
      <div
        role="group"
        aria-label="State"
        className="scroll-slim -mx-5 flex gap-1.5 overflow-x-auto px-5 [scrollbar-width:none] max-sm:-mx-4 max-sm:w-screen max-sm:px-4"
      >
        {runStatuses.map((status) => (
          <button
            key={status}
            type="button"
            aria-pressed={search.status === status}
            onClick={() => onChange({ status: search.status === status ? undefined : status })}
            className={cn(chip)}
          >
            {statuses[status].label}
          </button>
        ))}
      </div>
    </div>
  )
}

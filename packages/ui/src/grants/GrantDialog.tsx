import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { CornerDownRight, FolderOpen, Link2, Network } from "lucide-react"
import { type ReactNode, useId, useState } from "react"
import { useApi } from "../api/ApiContext.tsx"
import type { Grant, GrantMode, Look } from "../api/types.ts"
import { Button } from "../components/Button.tsx"
import { Checkbox } from "../components/Checkbox.tsx"
import { Dialog } from "../components/Dialog.tsx"
import { ErrorState } from "../components/ErrorState.tsx"
import { Field } from "../components/Field.tsx"
import { Input } from "../components/Input.tsx"
import { SegmentedControl } from "../components/SegmentedControl.tsx"
import { Select } from "../components/Select.tsx"
import { SkeletonLines } from "../components/Skeleton.tsx"
import { toast } from "../components/Toast.tsx"
import { type DurationChoice, durations, endOf } from "./duration.ts"

export interface GrantDialogProps {
  readonly open: boolean
  readonly onClose: () => void
  /** The path to begin with. Empty: it is asked for. */
  readonly path: string
  readonly onGranted?: (grant: Grant) => void
  /** As that of a dialog. */
  readonly finalFocus?: () => HTMLElement | null
}

const Notice = ({ children, icon: Icon }: { readonly icon: typeof Link2; readonly children: ReactNode }) => (
  <div className="flex gap-2.5 rounded-md bg-attention-soft p-2.5 text-sm">
    <Icon className="mt-0.5 size-4 shrink-0 text-attention" aria-hidden="true" />
    <div className="flex min-w-0 flex-col gap-2">{children}</div>
  </div>
)

const PathStep = ({ onLook, path }: { readonly path: string; readonly onLook: (path: string) => void }) => {
  const id = useId()
  const [typed, setTyped] = useState(path)
  return (
    <form
      id="grant-path"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (typed.trim() !== "") onLook(typed.trim())
      }}
    >
      <Field id={id} label="Directory" hint="An absolute path on the machine that runs the server.">
        <Input
          id={id}
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder="/home/you/project"
          className="font-mono"
          autoComplete="off"
          spellCheck={false}
        />
      </Field>
    </form>
  )
}

interface Terms {
  readonly mode: GrantMode
  readonly duration: DurationChoice
  readonly link: boolean
  readonly remote: boolean
}

/** Whether all that is unusual about the place has been said yes to. */
export const isApproved = (look: Look, { link, remote }: Pick<Terms, "link" | "remote">): boolean =>
  look.exists && (!look.isSymlink || link) && (!look.isRemote || remote)

const TermsStep = ({
  look,
  onChange,
  terms,
}: {
  readonly look: Look
  readonly terms: Terms
  readonly onChange: (terms: Terms) => void
}) => {
  const id = useId()
  return (
    <div className="flex flex-col gap-4">
      <div className="rounded-md border bg-sunken p-2.5 font-mono text-sm">
        <div className="flex gap-2">
          <FolderOpen className="mt-0.75 size-3.5 shrink-0 text-faint" aria-hidden="true" />
          <span className="min-w-0 break-all">{look.path}</span>
        </div>
        {look.isSymlink && (
          <div className="mt-1 flex gap-2 text-attention">
            <CornerDownRight className="mt-0.75 size-3.5 shrink-0" aria-hidden="true" />
            <span className="min-w-0 break-all">{look.real}</span>
          </div>
        )}
      </div>
      {look.isSymlink && (
        <Notice icon={Link2}>
          <p>This is a link. What is granted is the directory that it leads to, wherever the link points later.</p>
          <Checkbox
            label={`I mean ${look.real ?? "that directory"}`}
            checked={terms.link}
            onChange={(link) => onChange({ ...terms, link })}
          />
        </Notice>
      )}
      {look.isRemote && (
        <Notice icon={Network}>
          <p>It is on a file system of another machine, or of a program. Others may change what is in it.</p>
          <Checkbox
            label="Agents may work there all the same"
            checked={terms.remote}
            onChange={(remote) => onChange({ ...terms, remote })}
          />
        </Notice>
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <div className="flex flex-col gap-1.5">
          <span className="text-xs font-medium text-soft">Agents may</span>
          <SegmentedControl
            label="What agents may do there"
            value={terms.mode}
            onChange={(mode) => onChange({ ...terms, mode })}
            segments={[
              { value: "write", label: "Work in it" },
              { value: "read", label: "Only read" },
            ]}
          />
        </div>
        <Field id={id} label="How long">
          <Select
            id={id}
            value={terms.duration}
            items={durations}
            onChange={(duration) => onChange({ ...terms, duration })}
          />
        </Field>
      </div>
      <p className="text-sm text-soft">
        {terms.mode === "write"
          ? "An agent can then read, change and delete everything in this directory and below it, and send what it reads to its vendor."
          : "Its files may be shown to a model. An agent can work in it only in a sandbox that lets it write nothing."}{" "}
        What is mounted below it is not part of it.
      </p>
    </div>
  )
}

const noTerms: Terms = { mode: "write", duration: "none", link: false, remote: false }

/** Asks for a directory, says what it is, and lets agents in once a person has said so. */
const GrantForm = ({ finalFocus, onClose, onGranted, open, path }: GrantDialogProps) => {
  const api = useApi()
  const queries = useQueryClient()
  const [asked, setAsked] = useState(path)
  const [terms, setTerms] = useState(noTerms)
  const look = useQuery({
    queryKey: ["look", asked],
    queryFn: ({ signal }) => api.grants.look({ payload: { path: asked }, signal }),
    enabled: asked !== "",
    staleTime: 0,
    gcTime: 0,
  })
  const grant = useMutation({
    mutationFn: (place: Look) => {
      const expiresAt = endOf(terms.duration, Date.now())
      return api.grants.add({
        payload: {
          path: place.real ?? place.path,
          mode: terms.mode,
          ...(place.isRemote ? { remote: true } : {}),
          ...(expiresAt === undefined ? {} : { expiresAt }),
        },
      })
    },
    onSuccess: (granted) => {
      void queries.invalidateQueries({ queryKey: ["grants"] })
      void queries.invalidateQueries({ queryKey: ["check"] })
      toast("Directory granted", granted.path)
      onGranted?.(granted)
      onClose()
    },
  })
  const place = look.data
  const already = place?.granted !== undefined && (place.granted.mode === "write" || terms.mode === "read")
  const ready = place !== undefined && isApproved(place, terms)
  const actions =
    asked === "" ? (
      <>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="solid" type="submit" form="grant-path">
          Look at it
        </Button>
      </>
    ) : (
      <>
        <Button onClick={() => (path === "" ? setAsked("") : onClose())}>{path === "" ? "Back" : "Cancel"}</Button>
        <Button
          look="solid"
          disabled={!ready}
          busy={grant.isPending}
          onClick={() => place !== undefined && grant.mutate(place)}
        >
          Grant
        </Button>
      </>
    )
  return (
    <Dialog
      open={open}
      finalFocus={finalFocus}
      onClose={onClose}
      title="Let agents work in a directory"
      description="Nothing runs where nobody has allowed it."
      actions={actions}
    >
      {asked === "" && <PathStep path={path} onLook={setAsked} />}
      {asked !== "" && look.isPending && <SkeletonLines lines={4} />}
      {look.error !== null && asked !== "" && (
        <ErrorState title="This path cannot be granted" error={look.error} onRetry={() => void look.refetch()} />
      )}
      {place?.exists === false && (
        <ErrorState
          title={`${place.path} is not there`}
          error={{ message: "There is no such directory, or it cannot be read." }}
        />
      )}
      {place?.exists === true && (
        <div className="flex flex-col gap-4">
          <TermsStep look={place} terms={terms} onChange={setTerms} />
          {already && (
            <p className="text-sm text-good">Agents may work there already, by a grant of {place.granted?.path}.</p>
          )}
          {grant.error !== null && <ErrorState title="It was not granted" error={grant.error} />}
        </div>
      )}
    </Dialog>
  )
}

/** Begins anew each time it opens. */
export const GrantDialog = (props: GrantDialogProps) => {
  const [times, setTimes] = useState(0)
  const [wasOpen, setWasOpen] = useState(props.open)
  if (wasOpen !== props.open) {
    setWasOpen(props.open)
    if (props.open) setTimes(times + 1)
  }
  return <GrantForm key={times} {...props} />
}

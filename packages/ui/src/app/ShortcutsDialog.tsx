import { Dialog } from "../components/Dialog.tsx"
import { Keys } from "../components/Keys.tsx"
import { places } from "./places.ts"
import { keyCaps } from "./shortcuts.ts"

const groups: ReadonlyArray<{ readonly title: string; readonly rows: ReadonlyArray<readonly [string, string]> }> = [
  {
    title: "Everywhere",
    rows: [
      ...places.map(({ keys, label }) => [label, keys] as const),
      ["Go to a place or a run", "mod+k"],
      ["These keys", "?"],
    ],
  },
  { title: "New run", rows: [["Start the run", "mod+Enter"]] },
  {
    title: "A run",
    rows: [
      ["Conversation, events, terminal", "1 2 3"],
      ["Rerun with edits", "e"],
    ],
  },
  {
    title: "History and queue",
    rows: [
      ["Next, previous", "j k"],
      ["Open", "o"],
      ["Search the history", "/"],
      ["More, less urgent", "+ -"],
      ["Hold, let go on", "h"],
    ],
  },
]

export const ShortcutsDialog = ({ onClose, open }: { readonly open: boolean; readonly onClose: () => void }) => (
  <Dialog open={open} onClose={onClose} title="Keys">
    <div className="flex flex-col gap-5">
      {groups.map(({ rows, title }) => (
        <section key={title}>
          <h3 className="mb-1 text-xs font-medium text-faint">{title}</h3>
          <dl>
            {rows.map(([label, keys]) => (
              <div key={label} className="flex h-8 items-center justify-between border-b last:border-0">
                <dt className="text-sm">{label}</dt>
                <dd>
                  <Keys keys={keyCaps(keys)} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  </Dialog>
)

/** What a person has opened and closed stays so when it leaves the view and comes back. */
import { createContext, type ReactNode, useContext, useState } from "react"

const FoldContext = createContext<Map<string, boolean>>(new Map())

export const Folds = ({ children }: { readonly children: ReactNode }) => {
  const [folds] = useState(() => new Map<string, boolean>())
  return <FoldContext value={folds}>{children}</FoldContext>
}

/** Whether something is open, and how to change that. @param key of a block, and of what is folded in it. */
export const useFold = (key: string, opened = false): readonly [open: boolean, toggle: () => void] => {
  const folds = useContext(FoldContext)
  const [, redraw] = useState(0)
  const open = folds.get(key) ?? opened
  const toggle = () => {
    folds.set(key, !open)
    redraw((count) => count + 1)
  }
  return [open, toggle]
}

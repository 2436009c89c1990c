import { useEffect, useLayoutEffect, useRef } from "react"
import type { Said } from "../api/ApiProblem.ts"
import { FieldProblem } from "../components/Field.tsx"

interface PromptFieldProps {
  readonly value: string
  readonly onChange: (prompt: string) => void
  readonly problem: Said | undefined
}

/** Grows with what is written in it, up to half of the window. */
export const PromptField = ({ onChange, problem, value }: PromptFieldProps) => {
  const area = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    const { current } = area
    if (current === null) return
    current.style.height = "auto"
    current.style.height = `${current.scrollHeight}px`
  }, [value])
  // Where a keyboard is at hand, the screen begins with it; elsewhere it would push the screen up.
  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches) area.current?.focus({ preventScroll: true })
  }, [])
  return (
    <div>
      <label htmlFor="prompt" className="sr-only">
        Prompt
      </label>
      <textarea
        id="prompt"
        ref={area}
        dir="auto"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        placeholder="What should the agent do?"
        aria-invalid={problem !== undefined || undefined}
        aria-describedby={problem === undefined ? undefined : "prompt-problem"}
        className="scroll-slim block max-h-[50dvh] min-h-32 w-full resize-none bg-transparent px-4 pt-3.5 pb-3 text-base outline-none max-sm:text-lg"
      />
      {problem !== undefined && (
        <div className="px-4 pb-3">
          <FieldProblem id="prompt-problem" problem={problem} />
        </div>
      )}
    </div>
  )
}

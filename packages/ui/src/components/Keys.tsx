import { cn } from "./cn.ts"

/** Keys that are pressed one after the other, or together where a key is joined by `+`. */
export const Keys = ({
  inverse = false,
  keys,
}: {
  readonly keys: ReadonlyArray<string>
  readonly inverse?: boolean
}) => (
  <span className="inline-flex items-center gap-0.5">
    {keys.map((key) => (
      <kbd
        key={key}
        className={cn(
          "inline-flex h-4.5 min-w-4.5 items-center justify-center rounded border px-1 font-sans text-2xs leading-none",
          inverse ? "border-on-solid/25 text-on-solid" : "border-line-strong bg-sunken text-soft",
        )}
      >
        {key}
      </kbd>
    ))}
  </span>
)

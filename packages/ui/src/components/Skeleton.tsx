import { cn } from "./cn.ts"

/** Stands where something is about to be. */
export const Skeleton = ({ className }: { readonly className?: string | undefined }) => (
  <div className={cn("skeleton h-3.5 w-full", className)} aria-hidden="true" />
)

const widths = ["w-3/5", "w-4/5", "w-2/5", "w-3/4", "w-1/2"]

/** Lines of unequal length, and a word for screen readers. */
export const SkeletonLines = ({ className, lines = 3 }: { readonly lines?: number; readonly className?: string }) => (
  <div role="status" className={cn("flex flex-col gap-3", className)}>
    <span className="sr-only">Loading</span>
    {Array.from({ length: lines }, (_, index) => (
      <Skeleton key={index} className={widths[index % widths.length]} />
    ))}
  </div>
)

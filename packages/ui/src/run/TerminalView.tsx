import { lazy, Suspense } from "react"
import { SkeletonLines } from "../components/Skeleton.tsx"
import type { RunFeed } from "./RunFeed.ts"

const Terminal = lazy(() => import("./Terminal.tsx"))

/** What the program printed. The terminal itself is loaded when somebody looks. */
export const TerminalView = (props: { readonly feed: RunFeed; readonly live: boolean }) => (
  <Suspense
    fallback={
      <div className="p-5">
        <SkeletonLines lines={6} />
      </div>
    }
  >
    <Terminal {...props} />
  </Suspense>
)

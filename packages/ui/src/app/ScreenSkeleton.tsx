import { SkeletonLines } from "../components/Skeleton.tsx"

/** While the code of a screen is on its way. */
export const ScreenSkeleton = () => (
  <div className="mx-auto w-full max-w-3xl px-5 py-20">
    <SkeletonLines lines={5} />
  </div>
)

import { useRouter } from "@tanstack/react-router"
import { ErrorState } from "../components/ErrorState.tsx"

/** In place of a screen that could not be drawn. The rest of the page goes on. */
export const RouteError = ({ error, reset }: { readonly error: unknown; readonly reset: () => void }) => {
  const router = useRouter()
  return (
    <div className="mx-auto w-full max-w-xl px-5 py-16">
      <ErrorState
        title="This screen could not be shown"
        error={error}
        onRetry={() => {
          reset()
          void router.invalidate()
        }}
      />
    </div>
  )
}

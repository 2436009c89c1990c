/** Begins the page. */
import { CSPProvider } from "@base-ui/react/csp-provider"
import { Tooltip } from "@base-ui/react/tooltip"
import { QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { ApiProvider } from "./api/ApiContext.tsx"
import { createClient } from "./api/client.ts"
import { watchedFetch } from "./api/connection.ts"
import { makeQueryClient } from "./app/queryClient.ts"
import { ToastProvider } from "./components/Toast.tsx"
import { makeRouter } from "./router.tsx"
import { takeCode } from "./session/code.ts"
import { SessionGate } from "./session/SessionGate.tsx"
import "./styles/index.css"

const element = document.getElementById("root")
if (element === null) throw new Error("index.html has no #root")

const code = takeCode(window.location, window.history)
const client = createClient({ fetch: watchedFetch })
const queries = makeQueryClient()
const router = makeRouter()

createRoot(element).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <ApiProvider client={client}>
        <QueryClientProvider client={queries}>
          <Tooltip.Provider delay={500}>
            <ToastProvider>
              <SessionGate code={code}>
                <RouterProvider router={router} />
              </SessionGate>
            </ToastProvider>
          </Tooltip.Provider>
        </QueryClientProvider>
      </ApiProvider>
    </CSPProvider>
  </StrictMode>,
)

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  void navigator.serviceWorker.register("/sw.js").catch(() => undefined)
}

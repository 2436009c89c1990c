/** Which address is which screen. The code of each screen is loaded when it is opened. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router"
import { NotFound } from "./app/NotFound.tsx"
import { RouteError } from "./app/RouteError.tsx"
import { ScreenSkeleton } from "./app/ScreenSkeleton.tsx"
import { Shell } from "./app/Shell.tsx"
import { composerSearch } from "./routes/composerSearch.ts"
import { queueSearch } from "./routes/queueSearch.ts"
import { runSearch } from "./routes/runSearch.ts"
import { runsSearch } from "./routes/runsSearch.ts"
import { settingsSearch } from "./routes/settingsSearch.ts"

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })

const composer = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: composerSearch,
  component: lazyRouteComponent(() => import("./routes/ComposerPage.tsx"), "ComposerPage"),
})

const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  validateSearch: runsSearch,
  component: lazyRouteComponent(() => import("./routes/RunsPage.tsx"), "RunsPage"),
})

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$id",
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import("./routes/RunPage.tsx"), "RunPage"),
})

const queue = createRoute({
  getParentRoute: () => root,
  path: "/queue",
  validateSearch: queueSearch,
  component: lazyRouteComponent(() => import("./routes/QueuePage.tsx"), "QueuePage"),
})

const schedules = createRoute({
  getParentRoute: () => root,
  path: "/schedules",
  component: lazyRouteComponent(() => import("./routes/SchedulesPage.tsx"), "SchedulesPage"),
})

const usage = createRoute({
  getParentRoute: () => root,
  path: "/usage",
  component: lazyRouteComponent(() => import("./routes/UsagePage.tsx"), "UsagePage"),
})

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => import("./routes/SettingsPage.tsx"), "SettingsPage"),
})

export const makeRouter = () =>
  createRouter({
    routeTree: root.addChildren([composer, runs, run, queue, schedules, usage, settings]),
    defaultPreload: "intent",
    defaultErrorComponent: RouteError,
    defaultPendingComponent: ScreenSkeleton,
    scrollRestoration: true,
  })

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}

/** The event log as the sender of a request sees it. */
import { EventLog, type RunyardError, type StoredEvent } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { byTenant, notForRequests } from "./caller.ts"
import type { RunTenants } from "./runTenants.ts"

type Log = EventLog["Service"]

/** Those of the caller's tenant, of the events of all runs. */
export const tenantEvents = (
  all: Stream.Stream<StoredEvent, RunyardError>,
  { isOf }: RunTenants,
): Stream.Stream<StoredEvent, RunyardError> =>
  Stream.unwrap(
    byTenant(Effect.succeed(all), (tenant) =>
      Effect.succeed(Stream.filterEffect(all, ({ event }) => isOf(event.runId, tenant))),
    ),
  )

/** Events that are read at once to find those of a tenant. */
const pageSize = 1_000

export const tenantLog = (log: Log, tenants: RunTenants): Log =>
  EventLog.of({
    append: () => notForRequests,
    read: (id, page) => tenants.using(id, log.read(id, page)),
    readAll: (page) =>
      byTenant(
        log.readAll(page),
        Effect.fnUntraced(function* (tenant) {
          const found: Array<StoredEvent> = []
          for (let { after } = page; found.length < page.limit;) {
            const some = yield* log.readAll({ ...page, after, limit: pageSize })
            for (const stored of some) {
              if (found.length < page.limit && (yield* tenants.isOf(stored.event.runId, tenant))) found.push(stored)
            }
            const last = some.at(-1)
            if (last === undefined || some.length < pageSize) break
            after = last.cursor
          }
          return found
        }),
      ),
    last: log.last,
    events: (id, options) => Stream.unwrap(Effect.as(tenants.admit(id), log.events(id, options))),
    all: (options) => tenantEvents(log.all(options), tenants),
  })

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

/** Events that are read at once: few at first, and more for as long as some are the tenant's own. */
const fewest = 32
const most = 1_000

/** Events that one request looks at to find those of a tenant. */
const maxLooked = 10_000

export const tenantLog = (log: Log, tenants: RunTenants): Log =>
  EventLog.of({
    append: () => notForRequests,
    read: (id, page) => tenants.using(id, log.read(id, page)),
    // What lies between the tenant's own is passed over. Gives at least one event where there is one.
    readAll: (page) =>
      byTenant(
        log.readAll(page),
        Effect.fnUntraced(function* (tenant) {
          const { limit, until = Number.MAX_SAFE_INTEGER } = page
          const found: Array<StoredEvent> = []
          let { after } = page
          let size = 0
          for (let looked = 0; found.length < limit && looked < maxLooked; looked += size) {
            if (size === 0) {
              const next = yield* log.nextOfTenant(tenant, after)
              if (next === undefined || next > until) break
              after = next - 1
              size = fewest
            }
            const some = yield* log.readAll({ after, limit: size, until })
            const before = found.length
            for (const stored of some) {
              if (found.length < limit && (yield* tenants.isOf(stored.event.runId, tenant))) found.push(stored)
            }
            const last = some.at(-1)
            if (last === undefined || some.length < size) break
            after = last.cursor
            size = found.length === before ? 0 : Math.min(most, size * 2)
          }
          return found
        }),
      ),
    nextOfTenant: (tenant, after) => byTenant(log.nextOfTenant(tenant, after), (own) => log.nextOfTenant(own, after)),
    last: log.last,
    events: (id, options) => Stream.unwrap(Effect.as(tenants.admit(id), log.events(id, options))),
    all: (options) => tenantEvents(log.all(options), tenants),
  })

/** The settings of a host, as the queue wants them. Pure. */
import { defaultFairSettings, type FairSettings } from "../FairSettings.ts"
import type { Concurrency, HostSettings } from "../HostSettings.ts"
import type { Limits, NamedLimits } from "../Limits.ts"

const named = (all: number | undefined, of: Readonly<Record<string, number>> | undefined): NamedLimits => ({
  ...(all === undefined ? {} : { default: all }),
  ...(of === undefined ? {} : { of }),
})

const limitsOf = ({ global, of = {}, ...per }: Concurrency): Limits => ({
  global: Math.max(1, global),
  provider: named(Math.max(1, per.perProvider), of.provider),
  account: named(per.perAccount, of.account),
  model: named(per.perModel, of.model),
  tenant: named(per.perTenant, of.tenant),
  workspace: named(per.perWorkspace, of.workspace),
})

export const fairSettings = ({ concurrency, order }: Pick<HostSettings, "concurrency" | "order">): FairSettings => ({
  ...defaultFairSettings,
  ...order,
  limits: limitsOf(concurrency),
})

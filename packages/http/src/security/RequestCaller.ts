/** What the shell has found out about the sender of the request that is handled. */
import * as Context from "effect/Context"
import type { Principal } from "../Principal.ts"

export interface RequestCallerInfo {
  /** Undefined: nobody that is known, which only public routes take. */
  readonly principal: Principal | undefined
  /** What it sent as `x-runyard-client`. */
  readonly client: string
}

export const RequestCaller: Context.Reference<RequestCallerInfo> = Context.Reference<RequestCallerInfo>(
  "@runyard/http/RequestCaller",
  { defaultValue: () => ({ principal: undefined, client: "" }) },
)

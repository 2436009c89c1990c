/** Runyard over HTTP: the contract, what a host must provide for it, and how errors look on the wire. */
export { Api, basePath } from "./Api.ts"
export { ApiScope } from "./ApiScope.ts"
export type { RouteScope } from "./ApiScope.ts"
export {
  Authorization,
  clientHeader,
  CurrentPrincipal,
  Principal,
  Problems,
  sessionCookie,
  Sessions,
} from "./Principal.ts"
export { Problem, problemOf, problems } from "./Problem.ts"
export { scopeOf, scopes } from "./scopes.ts"
export type { RouteName } from "./scopes.ts"
export { ServerInfo, ServerStatus } from "./ServerStatus.ts"
export { httpStatus, problemStatuses } from "./status.ts"
export type { ProblemStatus } from "./status.ts"
export type { Asset, Assets } from "./Assets.ts"
export { createApp } from "./createApp.ts"
export type { CreateAppOptions, RunyardApp } from "./createApp.ts"
export { tokenAuth } from "./security/Auth.ts"
export type { Auth, Credentials, TokenAuthOptions } from "./security/Auth.ts"
export { hostNames } from "./security/HostNames.ts"
export type { HostNames, HostNamesOptions } from "./security/HostNames.ts"
export { defaultHttpLimits } from "./security/HttpLimits.ts"
export type { HttpLimits } from "./security/HttpLimits.ts"
export type { SessionBook } from "./security/sessionBook.ts"

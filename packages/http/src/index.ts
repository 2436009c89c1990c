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
export { Problem, ProblemIssue, problemOf, problems } from "./Problem.ts"
export { scopeOf, scopes } from "./scopes.ts"
export type { RouteName } from "./scopes.ts"
export { ServerInfo, ServerStatus } from "./ServerStatus.ts"
export { httpStatus, problemStatuses } from "./status.ts"
export type { ProblemStatus } from "./status.ts"

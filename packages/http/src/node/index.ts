/** Serves the app with Node: all that a program needs for it, and nothing of the contract before it is needed. */
export { createApp, type CreateAppOptions, type RunyardApp } from "../createApp.ts"
export { type Auth, tokenAuth, type TokenAuthOptions } from "../security/Auth.ts"
export { hostNames, type HostNames, type HostNamesOptions } from "../security/HostNames.ts"
export { type BindOptions, checkBind, isLoopbackAddress } from "./checkBind.ts"
export { directoryAssets } from "./directoryAssets.ts"
export { readToken, tokenFileName } from "./tokenFile.ts"
export { defaultServeLimits, type RunningServer, serve, type ServeLimits, type ServeOptions } from "./serve.ts"

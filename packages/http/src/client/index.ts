/** `@runyard/http/client`: a typed client of the HTTP API for browsers and for programs without Effect. */
export { ApiProblem, ApiUnreachable } from "./ApiProblem.ts"
export type { ProblemBody } from "./ApiProblem.ts"
export type { Client, ClientAnswer, EncodedStoredEvent, RunFrame } from "./Client.ts"
export { createClient } from "./createClient.ts"
export type { ClientOptions } from "./createClient.ts"
export type { FollowOptions } from "./follow.ts"

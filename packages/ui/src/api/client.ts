/** The server's client, as this page has it. */
export { createClient } from "@runyard/http/client"
export type { Client, FollowOptions, RunFrame } from "@runyard/http/client"

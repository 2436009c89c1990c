/** Runyard over HTTP. What is here so far: how errors become statuses. */
export { httpStatus } from "./status.ts"

/** What a server takes from its clients at most. */
import type { RateOptions } from "./RateLimit.ts"

export interface HttpLimits {
  /** Of one body, in bytes. Default: 1 MiB. */
  readonly bodyBytes: number
  /** Of path and query, in characters. Default: 8,192. */
  readonly urlLength: number
  /** Objects and arrays inside each other. Default: 64. */
  readonly jsonDepth: number
  /** Of one string in a body, in characters. Default: 1,048,576. */
  readonly stringLength: number
  /** Requests of one principal. Default: 200 a second, 400 after a pause. */
  readonly rate: RateOptions
  /** Requests of one address without a valid credential. Default: 20 a second, 60 after a pause. */
  readonly anonymousRate: RateOptions
  /** Requests of one principal that start or change runs, at once. Default: 32. */
  readonly admissions: number
  /** Open streams of events of one principal. Default: 512. */
  readonly streams: number
}

export const defaultHttpLimits: HttpLimits = {
  bodyBytes: 1_048_576,
  urlLength: 8_192,
  jsonDepth: 64,
  stringLength: 1_048_576,
  rate: { burst: 400, perSecond: 200 },
  anonymousRate: { burst: 60, perSecond: 20 },
  admissions: 32,
  streams: 512,
}

/** Every error code of Runyard: its class, what it means, what to do about it. The docs' table is generated from here. */
import * as Schema from "effect/Schema"
import { ErrorClass, type ErrorEntry } from "./internal/errorEntry.ts"
import { agents } from "./internal/errorsOfAgents.ts"
import { policies } from "./internal/errorsOfPolicies.ts"
import { runs } from "./internal/errorsOfRuns.ts"
import { secrets } from "./internal/errorsOfSecrets.ts"
import { files } from "./internal/errorsOfFiles.ts"
import { http } from "./internal/errorsOfHttp.ts"
import { stores } from "./internal/errorsOfStores.ts"

export { ErrorClass }

const table = { ...agents, ...policies, ...runs, ...secrets, ...files, ...http, ...stores } as const satisfies Record<
  string,
  ErrorEntry
>

export type ErrorCode = keyof typeof table

/** The table itself, for docs and hosts. */
export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = table

const codes = Object.keys(table) as [ErrorCode, ...Array<ErrorCode>]

export const ErrorCode = Schema.Literals(codes).annotate({ identifier: "ErrorCode" })

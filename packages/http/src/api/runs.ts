/** Routes of runs. */
import {
  Admission,
  IdempotencyKey,
  RedactionCount,
  Run,
  RunCheck,
  RunEvent,
  RunExplanation,
  RunId,
  RunRequest,
  RunState,
  Severity,
} from "@runyard/core"
import * as Schema from "effect/Schema"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authorization } from "../Principal.ts"
import { Problem } from "../Problem.ts"
import { after, limitOf, path, QueryFlag, reason, shortText } from "./fields.ts"
import { RunStream } from "./stream.ts"

const params = { id: RunId }
const json = Schema.Record(Schema.String, Schema.Json)
const Started = Schema.Struct({ run: Run, admission: Admission })

export const runs = HttpApiGroup.make("runs")
  .add(
    HttpApiEndpoint.post("submit", "/runs", {
      headers: { "idempotency-key": Schema.optionalKey(IdempotencyKey) },
      payload: RunRequest,
      success: Started.pipe(HttpApiSchema.status(202)),
    }).annotate(OpenApi.Description, "Starts a run, or gives the one that this key was sent for before."),
    HttpApiEndpoint.post("check", "/runs/check", {
      payload: json,
      success: Schema.Union([RunCheck, Schema.Struct({ ok: Schema.Literal(false), problem: Problem })]),
    }).annotate(OpenApi.Description, "Says what a submit would say, as far as it can be said without one."),
    HttpApiEndpoint.get("list", "/runs", {
      query: {
        provider: Schema.optionalKey(shortText),
        state: Schema.optionalKey(Schema.Array(RunState)),
        before: Schema.optionalKey(RunId),
        limit: limitOf(1_000),
        cwd: Schema.optionalKey(path),
        q: Schema.optionalKey(shortText),
      },
      success: Schema.Struct({ runs: Schema.Array(Run), next: Schema.optionalKey(RunId) }),
    }).annotate(OpenApi.Description, "Newest first. `next` is the `before` of the next page."),
    HttpApiEndpoint.get("get", "/runs/:id", { params, success: Run }),
    HttpApiEndpoint.post("cancel", "/runs/:id/cancel", {
      params,
      payload: Schema.Struct({ reason, force: Schema.optionalKey(Schema.Boolean) }),
      success: Run,
    }).annotate(OpenApi.Description, "Answers when nothing of the run is alive."),
    HttpApiEndpoint.post("retry", "/runs/:id/retry", { params, payload: Schema.Struct({ reason }), success: Run }),
    HttpApiEndpoint.post("rerun", "/runs/:id/rerun", {
      params,
      payload: Schema.Struct({ overrides: Schema.optionalKey(json) }),
      success: Started.pipe(HttpApiSchema.status(202)),
    }),
    HttpApiEndpoint.get("explain", "/runs/:id/explain", { params, success: RunExplanation }),
    HttpApiEndpoint.get("redactions", "/runs/:id/redactions", {
      params,
      success: Schema.Struct({ redactions: Schema.Array(RedactionCount) }),
    }),
    HttpApiEndpoint.get("log", "/runs/:id/log", {
      params,
      query: { after, limit: limitOf(1_000), severity: Schema.optionalKey(Schema.Array(Severity)) },
      success: Schema.Struct({
        events: Schema.Array(RunEvent),
        lastSeq: Schema.Natural,
        next: Schema.optionalKey(Schema.Natural),
      }),
    }).annotate(
      OpenApi.Description,
      "A page of the log. `next` is the `after` of the next page. With `severity` only events of these; a page may be empty and not the last, as one request looks at no more than 10,000 events.",
    ),
    HttpApiEndpoint.get("events", "/runs/:id/events", {
      params,
      query: { after, live: Schema.optionalKey(QueryFlag) },
      headers: { "last-event-id": after },
      success: RunStream,
    }).annotate(OpenApi.Description, "The log, then live. `Last-Event-ID` counts before `after`."),
  )
  .middleware(Authorization)

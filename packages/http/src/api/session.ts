/** Routes of a browser's session. */
import * as Schema from "effect/Schema"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { ApiScope } from "../ApiScope.ts"
import { Authorization } from "../Principal.ts"

const Session = Schema.Struct({ principal: Schema.String, scopes: Schema.Array(ApiScope) })

export const session = HttpApiGroup.make("session").add(
  HttpApiEndpoint.post("open", "/session", {
    payload: Schema.Struct({ code: Schema.NonEmptyString.check(Schema.isMaxLength(400)) }),
    success: Session,
  }).annotate(OpenApi.Description, "Takes the code of the link, which works once, and sets the cookie."),
  HttpApiEndpoint.get("get", "/session", { success: Session }).middleware(Authorization),
  HttpApiEndpoint.delete("close", "/session", { success: HttpApiSchema.NoContent }).middleware(Authorization),
)

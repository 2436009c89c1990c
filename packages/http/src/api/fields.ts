/** Fields that several routes have. */
import * as Schema from "effect/Schema"

/** In a query: `true`, `false`, `1` or `0`. */
export const QueryFlag = Schema.Union([Schema.Boolean, Schema.Literals(["1", "0"])])

export const isOn = (flag: typeof QueryFlag.Type | undefined): boolean => flag === true || flag === "1"

/** At most so many at once. */
export const limitOf = (maximum: number) =>
  Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum })))

/** The last place already seen: a `seq` of a run, or a cursor. */
export const after = Schema.optionalKey(Schema.Natural)

/** What people give as a reason. */
export const reason = Schema.optionalKey(Schema.String.check(Schema.isMaxLength(2_000)))

/** A text to look for, or the name of something. */
export const shortText = Schema.NonEmptyString.check(Schema.isMaxLength(400))

export const path = Schema.NonEmptyString.check(Schema.isMaxLength(4_096))

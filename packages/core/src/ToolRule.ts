/** Names of an agent's tools, and rules about single uses of them. */
import * as Schema from "effect/Schema"

const name = "[A-Za-z_][A-Za-z0-9_.-]{0,127}"

/** A tool of the CLI itself, or of a server: `Bash`, `mcp__docs__search`. */
export const ToolName = Schema.String.check(Schema.isPattern(new RegExp(`^${name}$`)))
export type ToolName = typeof ToolName.Type

/** Tools with commas between them, as command lines have them; nothing at all is a list, too. */
export const toolListPattern = new RegExp(`^(?:${name}(?:,${name})*)?$`)

export const toolRulePattern = new RegExp(`^${name}\\*?(?:\\([^(),\\p{Cc}\\u2028\\u2029]{1,400}\\))?$`, "u")

/**
 * A tool, or some of its uses: `Bash`, `Bash(git log:*)`, `Read(/etc/**)`, `mcp__docs__*`. One rule each: lists with commas
 * or blanks between them, nested parentheses and control characters are none.
 */
export const ToolRule = Schema.String.check(Schema.isPattern(toolRulePattern))
export type ToolRule = typeof ToolRule.Type

/** The tool that a rule is about: `Bash` of `Bash(git log:*)`. */
export const toolOf = (rule: ToolRule): string => rule.split("(", 1)[0] ?? rule

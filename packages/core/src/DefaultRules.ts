/** The rules that come with Runyard: what secrets look like, and what stands before them. */
import { callRules } from "./internal/rulesOfCalls.ts"
import { commandRules } from "./internal/rulesOfCommands.ts"
import { fieldRules } from "./internal/rulesOfFields.ts"
import { fileRules } from "./internal/rulesOfFiles.ts"
import { headerRules } from "./internal/rulesOfHeaders.ts"
import { loginRules } from "./internal/rulesOfLogins.ts"
import { namedValueRules } from "./internal/rulesOfNamedValues.ts"
import { optionRules } from "./internal/rulesOfOptions.ts"
import { sentenceRules } from "./internal/rulesOfSentences.ts"
import { tokenFormRules } from "./internal/rulesOfTokenForms.ts"
import { tokenRules } from "./internal/rulesOfTokens.ts"
import type { RedactionRule } from "./RedactionRule.ts"

/** Earlier rules give their name to text that several of them match. */
export const defaultRules: ReadonlyArray<RedactionRule> = [
  ...tokenRules,
  ...tokenFormRules,
  ...headerRules,
  ...commandRules,
  ...optionRules,
  ...fileRules,
  ...callRules,
  ...fieldRules,
  ...loginRules,
  ...namedValueRules,
  ...sentenceRules,
]

/** A request as the command line gives it: the flags that exec and schedules share, and what they come to. */
import { readFile } from "node:fs/promises"
import { readPolicy, referenceTo, runyardError, SecretName, type TimeLimits } from "@runyard/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Argument, type Command, Flag } from "effect/cli"
import { absolutePath } from "./absolutePath.ts"
import { pipedText } from "./pipedText.ts"

const maxStdin = 10 * 1024 * 1024

const pipedPrompt = pipedText(
  maxStdin,
  runyardError("QUEUE_REQUEST_INVALID", { message: "The prompt on stdin is longer than 10 MB" }),
)

/** The prompt of the arguments, with stdin behind it where `-` asks for it or nothing else is there. */
const promptOf = (args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const words = args.filter((arg) => arg !== "-").join(" ")
    const wantsStdin = args.includes("-") || (words === "" && !process.stdin.isTTY)
    const piped = wantsStdin ? yield* pipedPrompt : ""
    return [words, piped].filter((part) => part.trim() !== "").join("\n\n")
  })

const readJsonFile = (path: string) =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: () => runyardError("IO_FILE_UNREADABLE", { message: `The schema file ${path} cannot be read` }),
  }).pipe(
    Effect.flatMap((text) =>
      Effect.try({
        try: (): unknown => JSON.parse(text),
        catch: () => runyardError("QUEUE_REQUEST_INVALID", { message: `The schema file ${path} is not JSON` }),
      }),
    ),
  )

/** The rules of a policy file. Fails with `IO_FILE_UNREADABLE` and `POLICY_UNREADABLE`. */
const readPolicyFile = (path: string) =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: () => runyardError("IO_FILE_UNREADABLE", { message: `The policy file ${path} cannot be read` }),
  }).pipe(
    Effect.flatMap((text) => Effect.fromResult(readPolicy(path, text))),
    Effect.map(({ document }) => document),
  )

/** `key=value`, where the value is JSON if it can be and text otherwise. */
const pairs = (entries: ReadonlyArray<string>, flag: string) =>
  Effect.forEach(entries, (entry) => {
    const at = entry.indexOf("=")
    if (at < 1) {
      return Effect.fail(
        runyardError("QUEUE_REQUEST_INVALID", { message: `--${flag} takes key=value, not "${entry.slice(0, 40)}"` }),
      )
    }
    const text = entry.slice(at + 1)
    let value: unknown = text
    try {
      value = JSON.parse(text)
    } catch {
      // Plain text is what most values are.
    }
    return Effect.succeed([entry.slice(0, at), value] as const)
  })

/** `VARIABLE=NAME` as a reference. What stands for the name may be the secret itself, so that it is not repeated. */
const references = (entries: ReadonlyArray<string>) =>
  Effect.forEach(entries, (entry) => {
    const at = entry.indexOf("=")
    const name = Schema.decodeOption(SecretName)(entry.slice(at + 1))
    return at > 0 && Option.isSome(name)
      ? Effect.succeed([entry.slice(0, at), referenceTo(name.value)] as const)
      : Effect.fail(
          runyardError("QUEUE_REQUEST_INVALID", {
            message:
              "--secret takes VARIABLE=NAME, and the name of a secret has capital letters, digits and underscores",
            remedy: "`runyard secret ls` lists the names; `runyard secret set NAME` keeps a secret.",
          }),
        )
  })

export const given = <K extends string, A>(key: K, value: Option.Option<A>): { readonly [P in K]?: A } =>
  (Option.isSome(value) ? { [key]: value.value } : {}) as { readonly [P in K]?: A }
const some = <K extends string, A>(key: K, values: ReadonlyArray<A>): { readonly [P in K]?: ReadonlyArray<A> } =>
  (values.length > 0 ? { [key]: values } : {}) as { readonly [P in K]?: ReadonlyArray<A> }
const seconds = (key: keyof TimeLimits, value: Option.Option<number>) =>
  given(
    key,
    Option.map(value, (count) => count * 1000),
  )

export const optional = <A>(flag: Flag.Flag<A>, description: string) =>
  flag.pipe(Flag.withDescription(description), Flag.optional)
const repeated = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.between(0, 64))

/** What describes a request, however often it is submitted. */
export const requestFlags = {
  provider: Argument.String("provider").pipe(Argument.withDescription("codex, claude or scripted")),
  prompt: Argument.String("prompt").pipe(
    Argument.withDescription("what to do; - adds what is piped in"),
    Argument.variadic(),
  ),
  cwd: optional(Flag.String("cwd").pipe(Flag.withAlias("C")), "The directory to work in (default: here)"),
  model: optional(Flag.String("model").pipe(Flag.withAlias("m")), "The model"),
  mode: optional(
    Flag.Literals("mode", ["default", "plan", "acceptEdits", "bypassPermissions", "dontAsk"]),
    "What the agent may do without asking",
  ),
  sandbox: optional(
    Flag.Literals("sandbox", ["read-only", "workspace-write", "danger-full-access"]),
    "What its tools may touch (codex)",
  ),
  schema: optional(Flag.String("schema"), "A JSON Schema file that the answer must satisfy"),
  resume: optional(Flag.String("resume"), "Go on with a conversation of the CLI, by its session id"),
  fork: Flag.Boolean("fork").pipe(
    Flag.withDescription("With --resume: go on under a new session id"),
    Flag.withDefault(false),
  ),
  ephemeral: Flag.Boolean("ephemeral").pipe(
    Flag.withDescription("The CLI keeps no conversation on disk"),
    Flag.withDefault(false),
  ),
  image: repeated("image", "An image file to show (codex); may be repeated"),
  addDir: repeated("add-dir", "Another directory to work in; may be repeated"),
  env: repeated("env", "The name of an environment variable to pass on; may be repeated"),
  secret: repeated("secret", "VARIABLE=NAME: a variable for the run, and the secret it holds; may be repeated"),
  title: optional(Flag.String("title"), "A title for lists"),
  timeout: optional(Flag.Int("timeout"), "Seconds the run may take in all (default 7200)"),
  idleTimeout: optional(Flag.Int("idle-timeout"), "Seconds without output (default 1200)"),
  recover: optional(
    Flag.Literals("recover", ["interrupt", "resume"]),
    "What becomes of the run when this program dies (default interrupt)",
  ),
  retries: optional(
    Flag.Int("retries"),
    "Tries after the first when the service fails and nothing was done (default 3; 0: none)",
  ),
  idempotent: Flag.Boolean("idempotent").pipe(
    Flag.withDescription("Doing it twice is as good as once: tried again whatever was done"),
    Flag.withDefault(false),
  ),
  toolIdleTimeout: optional(
    Flag.Int("tool-idle-timeout"),
    "Seconds without output while a tool runs (default: as --idle-timeout)",
  ),
  queueTimeout: optional(Flag.Int("queue-timeout"), "Seconds to wait for its turn (default: no limit)"),
  priority: optional(
    Flag.Literals("priority", ["interactive", "high", "normal", "low", "background"]),
    "Who goes first while runs wait (default normal)",
  ),
  format: optional(Flag.String("format"), "The CLI's output format"),
  maxTurns: optional(Flag.Int("max-turns"), "Turns the agent may take (claude)"),
  maxBudgetUsd: optional(Flag.Finite("max-budget-usd"), "Dollars the agent may spend (claude)"),
  maxCost: optional(Flag.Finite("max-cost"), "Dollars the run may cost; it is ended when it shows that it cost more"),
  maxTokens: optional(Flag.Int("max-tokens"), "Tokens of all kinds that the run may use"),
  unknownCost: optional(
    Flag.Literals("unknown-cost", ["allow", "stop"]),
    "With --max-cost: what happens when the cost cannot be known (default allow)",
  ),
  allowTool: repeated("allow-tool", "A tool that needs no permission (claude); may be repeated"),
  denyTool: repeated("deny-tool", "A tool that is not allowed (claude); may be repeated"),
  skipGitRepoCheck: Flag.Boolean("skip-git-repo-check").pipe(
    Flag.withDescription("Work outside a git repository (codex)"),
    Flag.withDefault(false),
  ),
  config: repeated("config", "key=value of the CLI's own configuration, where the policy allows it (codex)"),
  policy: optional(Flag.String("policy"), "A policy file for this run, which narrows what it may use"),
  option: repeated("option", "key=value of the provider's own options; may be repeated"),
}
type RequestInput = Command.Command.Config.Infer<typeof requestFlags>

/** Fails with `QUEUE_REQUEST_INVALID`, `IO_*` and `POLICY_UNREADABLE` for what cannot be one. */
export const requestOf = Effect.fn("requestOf")(function* (input: RequestInput) {
  const prompt = yield* promptOf(input.prompt)
  const outputSchema = Option.isSome(input.schema) ? { outputSchema: yield* readJsonFile(input.schema.value) } : {}
  const policy = Option.isSome(input.policy) ? { policy: yield* readPolicyFile(input.policy.value) } : {}
  const config = yield* pairs(input.config, "config")
  const secrets = yield* references(input.secret)
  const options = {
    ...given("format", input.format),
    ...given("maxTurns", input.maxTurns),
    ...given("maxBudgetUsd", input.maxBudgetUsd),
    ...some("allowedTools", input.allowTool),
    ...some("disallowedTools", input.denyTool),
    ...(input.skipGitRepoCheck ? { skipGitRepoCheck: true } : {}),
    ...(config.length > 0 ? { config: Object.fromEntries(config) } : {}),
    ...Object.fromEntries(yield* pairs(input.option, "option")),
  }
  const session = Option.isSome(input.resume)
    ? { session: { kind: "resume", id: input.resume.value, ...(input.fork ? { fork: true } : {}) } }
    : {}
  const paths = {
    cwd: yield* absolutePath(Option.getOrElse(input.cwd, () => ".")),
    images: yield* Effect.forEach(input.image, absolutePath),
    addDirs: yield* Effect.forEach(input.addDir, absolutePath),
  }
  const limits = {
    ...seconds("wallMillis", input.timeout),
    ...seconds("idleMillis", input.idleTimeout),
    ...seconds("toolIdleMillis", input.toolIdleTimeout),
    ...seconds("queueMillis", input.queueTimeout),
  }
  const budget = {
    ...given("maxCostUsd", input.maxCost),
    ...given("maxTokens", input.maxTokens),
    ...given("unknownCost", input.unknownCost),
  }
  return {
    provider: input.provider,
    prompt,
    cwd: paths.cwd,
    ...given("model", input.model),
    ...given("permissionMode", input.mode),
    ...given("sandbox", input.sandbox),
    ...given("title", input.title),
    ...outputSchema,
    ...policy,
    ...session,
    ...(input.ephemeral ? { persistSession: false } : {}),
    ...some("images", paths.images),
    ...some("addDirs", paths.addDirs),
    ...some("env", input.env),
    ...(secrets.length > 0 ? { secrets: Object.fromEntries(secrets) } : {}),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    ...(Object.keys(budget).length > 0 ? { budget } : {}),
    ...given("priority", input.priority),
    ...given("recovery", input.recover),
    ...given(
      "retry",
      Option.map(input.retries, (count) => (count === 0 ? "never" : { maxTries: count + 1 })),
    ),
    ...(input.idempotent ? { idempotent: true } : {}),
    ...(Object.keys(options).length > 0 ? { options } : {}),
  }
})

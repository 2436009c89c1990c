/** Which versions of the Codex CLI we know, and what each can do. */
import type { CapabilityProfile, ProbeOutput } from "@runyard/core"

type Version = readonly [major: number, minor: number, patch: number]

/** The first tested version that has the feature. */
const since = {
  /** `--json` speaks of turns; before it is another, deprecated dialect and `--experimental-json` has no turn events. */
  turnEvents: [0, 72, 0],
  /** The human-readable format that we read. */
  humanFormat: [0, 72, 0],
  addDirs: [0, 72, 0],
  appServer: [0, 72, 0],
  /** `exec resume` has flags of its own, images among them. */
  resumeFlags: [0, 98, 0],
  /** An unknown id fails; before it silently begins a new conversation. */
  resumeRefusesUnknown: [0, 121, 0],
  ephemeral: [0, 121, 0],
  outputSchemaOnResume: [0, 142, 5],
  forkSession: [0, 169, 0],
  /** Profiles are files that only `--profile` chooses; before, the configuration may choose one that wins over `--config`. */
  profileFiles: [0, 169, 0],
} as const satisfies Record<string, Version>

export type CodexFeature = keyof typeof since

/** The `usage` of a turn counts the whole conversation since this version. */
const usageOfConversation: Version = [0, 98, 0]

const oldestKnown: Version = [0, 42, 0]
const firstWithTurnEvents: Version = since.turnEvents
const newestTested: Version = [0, 169, 0]
const newestTestedText = newestTested.join(".")

/** The numbers of a version; what follows them, such as `-alpha.3`, counts for nothing. */
const parse = (text: string | undefined): Version | undefined => {
  const found = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?![\d.])/.exec(text ?? "")
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3])]
}

const isAtLeast = (version: Version, least: Version): boolean => {
  const [major, minor, patch] = version
  if (major !== least[0]) return major > least[0]
  if (minor !== least[1]) return minor > least[1]
  return patch >= least[2]
}

const featuresOf = (version: Version | undefined): Record<CodexFeature, boolean> => {
  const has = (feature: CodexFeature): boolean => version !== undefined && isAtLeast(version, since[feature])
  return {
    turnEvents: has("turnEvents"),
    humanFormat: has("humanFormat"),
    addDirs: has("addDirs"),
    appServer: has("appServer"),
    resumeFlags: has("resumeFlags"),
    resumeRefusesUnknown: has("resumeRefusesUnknown"),
    ephemeral: has("ephemeral"),
    outputSchemaOnResume: has("outputSchemaOnResume"),
    forkSession: has("forkSession"),
    profileFiles: has("profileFiles"),
  }
}

/** The version in what `codex --version` printed: `codex-cli 0.169.0`. */
export const readVersion = (output: ProbeOutput): string | undefined =>
  /^codex(?:-cli)? v?(\d{1,6}\.\d{1,6}\.\d{1,6}[\w.+-]{0,40})\s*$/m.exec(output.stdout)?.[1]

/** What this version can do. A version that is newer than the tested ones loses no feature, but it is said. */
export const assessVersion = (text: string | undefined): CapabilityProfile => {
  const version = parse(text)
  const features = featuresOf(version)
  const profile = { version: text, features }
  if (version === undefined) {
    return {
      ...profile,
      status: "degraded",
      message:
        "The version of this Codex is not readable, so that only what every version has is used; `codex --version` should print one.",
    }
  }
  if (!isAtLeast(version, oldestKnown)) {
    return {
      ...profile,
      status: "blocked",
      message: `Codex ${text} is older than 0.42.0, the oldest version that Runyard can read; update it.`,
    }
  }
  if (!isAtLeast(version, firstWithTurnEvents)) {
    return {
      ...profile,
      status: "degraded",
      message: `Codex ${text} does not say how a turn ended, so that success is judged by its last message; update to 0.72.0 or later.`,
    }
  }
  if (!isAtLeast(newestTested, version)) {
    return {
      ...profile,
      status: "degraded",
      message: `Codex ${text} is newer than ${newestTestedText}, the newest version that Runyard was tested with; everything is on.`,
    }
  }
  return { ...profile, status: "supported" }
}

/**
 * Whether the usage of a resumed run counts the earlier runs of its conversation. A version that is not known is taken
 * for a new one.
 */
export const countsConversation = (text: string | undefined): boolean => {
  const version = parse(text)
  return version === undefined || isAtLeast(version, usageOfConversation)
}

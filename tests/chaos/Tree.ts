/**
 * What agents' tools leave behind, one shell command for each. The first six and the agent itself are the seven processes
 * that methods of ending trees were compared with; the others are nastier. Scripted agents and the real CLIs get the same.
 */
import { existsSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

interface Recipe {
  /** What `sh -c` is given; returns at once, or is replaced by what it starts. */
  readonly command: (file: string) => string
  /** Beats after which all of it stands. Default: one. */
  readonly beats?: number
  /** Without it the tree cannot be built here. */
  readonly needs?: string
  /** In a session of its own: no signal reaches it when the agent dies, so that it is there to be found. */
  readonly steadfast?: boolean
}

const leaf = (file: string, ...wishes: ReadonlyArray<string>): string =>
  [quoted(process.execPath), quoted(fixture("leaf.mjs")), quoted(file), ...wishes].join(" ")

/** Doubles seven times: 254 processes, of which 128 beat once and wait. */
const bomb = (file: string): string =>
  [
    "bomb() {",
    `  if [ "$1" -eq 0 ]; then printf . >>${quoted(file)}; exec sleep 120; fi`,
    "  bomb $(($1 - 1)) & bomb $(($1 - 1)) & wait",
    "}",
    "bomb 7",
  ].join("\n")

const recipes = {
  /** B: a background child in the group of the agent. */
  child: { command: (file) => `exec ${leaf(file)}` },
  /** C: in a group of its own; coreutils' `timeout` makes one, and the shells of `sh -c` do not. */
  group: { command: (file) => `exec timeout 120 ${leaf(file)}` },
  /** D: in a session of its own, as both CLIs start their tools. */
  session: { command: (file) => `exec setsid ${leaf(file)}`, steadfast: true },
  /** E: forked twice, with a session of its own, deaf to signals. */
  daemon: { command: (file) => `setsid ${leaf(file, "deaf")} &`, steadfast: true },
  /** F: the same with an empty environment. */
  nameless: { command: (file) => `setsid env -i ${leaf(file, "deaf")} &`, steadfast: true },
  /** G: the same with all descriptors closed, too. */
  detached: { command: (file) => `setsid env -i ${leaf(file, "deaf")} <&- >&- 2>&- &` },
  deaf: { command: (file) => `exec ${leaf(file, "deaf")}` },
  bomb: { command: bomb, beats: 128 },
  refork10: { command: (file) => `sh ${quoted(fixture("refork.sh"))} ${quoted(file)} &`, beats: 3 },
  refork1: {
    command: (file) => `perl ${quoted(fixture("refork.pl"))} ${quoted(file)} </dev/null >/dev/null 2>&1 &`,
    beats: 3,
    needs: "/usr/bin/perl",
  },
  /** Holds one of the two pipes, and nothing else of it is left. */
  pipe: { command: (file) => `setsid ${leaf(file)} </dev/null >/dev/null &`, steadfast: true },
  stopped: { command: (file) => `exec ${leaf(file, "stop")}` },
  /** Its group is an orphan as soon as the agent is dead: the kernel then wakes it up. */
  stoppedGroup: { command: (file) => `exec timeout 120 ${leaf(file, "deaf", "stop")}` },
  renamed: { command: (file) => `setsid ${leaf(file, "deaf", "renamed")} &`, steadfast: true },
  nohup: {
    command: (file) => `setsid nohup sh -c ${quoted(`${leaf(file)}; :`)} </dev/null >/dev/null 2>&1 &`,
    steadfast: true,
  },
  /** As `at` and old daemons do it: two forks and another directory, in plain sh. */
  forkedTwice: { command: (file) => `( ( cd / && exec ${leaf(file)} ) </dev/null >/dev/null 2>&1 & ) &` },
} satisfies Record<string, Recipe>

export type TreeName = keyof typeof recipes

export const treeNames = Object.keys(recipes) as ReadonlyArray<TreeName>

/** B to G. A is the agent. */
export const sevenTrees: ReadonlyArray<TreeName> = ["child", "group", "session", "daemon", "nameless", "detached"]

/** Where the beats of a tree go; also how its processes are known by their arguments. */
export const beatsOf = (directory: string, name: string): string => join(directory, name)

const recipeOf = (name: TreeName): Recipe => recipes[name]

export const commandOf = (name: TreeName, directory: string): string => recipeOf(name).command(beatsOf(directory, name))

export const wantedBeats = (name: TreeName): number => recipeOf(name).beats ?? 1

/** Why a tree cannot be built on this machine; undefined when it can. */
export const missing = (name: TreeName): string | undefined => {
  const { needs } = recipeOf(name)
  return needs === undefined || existsSync(needs) ? undefined : `there is no ${needs}`
}

export const isSteadfast = (name: TreeName): boolean => recipeOf(name).steadfast ?? false

/** Those of the trees that have come to stand. */
export const standing = (directory: string, names: ReadonlyArray<TreeName>): ReadonlyArray<TreeName> =>
  names.filter((name) => {
    const size = statSync(beatsOf(directory, name), { throwIfNoEntry: false })?.size ?? 0
    return size >= wantedBeats(name)
  })

/** A shell script that builds the trees and goes on when all of them stand. */
export const building = (names: ReadonlyArray<TreeName>, directory: string): string => {
  const stands = (name: TreeName) =>
    `[ "$(wc -c <${quoted(beatsOf(directory, name))} 2>/dev/null || echo 0)" -ge ${wantedBeats(name)} ]`
  return [
    ...names.map((name) => `( ${commandOf(name, directory)}\n) &`),
    `until ${names.map(stands).join(" && ")}; do sleep 0.05; done`,
  ].join("\n")
}

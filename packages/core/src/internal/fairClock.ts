/** What the order remembers of what was started: written down so that another host goes on where one stopped. Pure. */
import type { FairClock, FairClockEntry } from "../FairClock.ts"
import type { Priority } from "../Priority.ts"
import type { QueueJob } from "../QueueJob.ts"
import { FairLane } from "./fairLane.ts"
import type { FairNode } from "./fairNode.ts"
import type { FairTree } from "./fairTree.ts"

export type { FairClock, FairClockEntry }

export const readClock = (tree: FairTree): FairClock => {
  const entries: Array<FairClockEntry> = []
  const visit = (node: FairNode, path: FairClockEntry["path"]): void => {
    const passed = node instanceof FairLane && Number.isFinite(node.passed) ? { passed: node.passed } : {}
    entries.push({ path, tag: node.tag, time: node.time, active: node.active, returns: node.returns, ...passed })
    for (const child of node.children.values()) visit(child, [...path, [child.level, child.name]])
  }
  visit(tree.root, [])
  return entries
}

/** A job that would be under this path: names its limiters. */
const sample = (path: FairClockEntry["path"]): QueueJob => {
  const names = new Map(path)
  const own = (level: "model" | "account") => {
    const name = names.get(level)
    return name === undefined ? {} : { [level]: name }
  }
  return {
    id: "",
    sequence: 0,
    provider: names.get("provider") ?? "",
    priority: (names.get("class") ?? "normal") as Priority,
    tenant: names.get("tenant") ?? "",
    workspace: names.get("workspace") ?? "",
    ...own("model"),
    ...own("account"),
    units: 1,
    enqueuedAt: 0,
  }
}

/**
 * Sets the tree's times to those of the clock. Called before and after the jobs are placed: joining moves the tags of those
 * that were there already, and must move those of who was not.
 */
export const writeClock = (tree: FairTree, clock: FairClock): void => {
  for (const { path, tag, time, active, returns, passed } of clock) {
    const node = tree.node(path, sample(path))
    node.time = time
    const present = node.parent?.time ?? 0
    const away = node.active && !active && tag < present
    node.tag = away ? present : tag
    node.returns = away ? returns + 1 : returns
    if (node instanceof FairLane) node.passed = passed ?? Number.NEGATIVE_INFINITY
    node.reseat()
  }
}

/** Forgets what has neither jobs nor anything to pay back. */
export const sweepAll = (node: FairNode): void => {
  for (const child of [...node.children.values()]) sweepAll(child)
  if (node.children.size === 0) node.sweep()
}

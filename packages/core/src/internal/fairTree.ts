/**
 * The tree of lanes: all slots ▸ provider ▸ class ▸ model and account where they are limited ▸ tenant ▸ workspace. What
 * shares the same limiter is under one node, so that a limiter without room takes one node out of each class, and not a
 * thousand lanes. Pure.
 */
import type { FairSettings } from "../FairSettings.ts"
import { weightOf } from "../FairWeights.ts"
import type { LimiterKind } from "../Limits.ts"
import type { Priority } from "../Priority.ts"
import { type QueueJob, since } from "../QueueJob.ts"
import { type Entry, FairLane } from "./fairLane.ts"
import { FairLimiters } from "./fairLimiter.ts"
import { FairLine, Place } from "./fairLine.ts"
import { type FairLevel, FairNode } from "./fairNode.ts"

/** Everything of one class that waits at one provider; knows how long its oldest has been waiting. */
export class FairClass extends FairNode {
  readonly ages = new FairLine<Entry>()

  /** Since when, in milliseconds. */
  get oldest(): number {
    return this.ages.first()?.rank ?? Number.POSITIVE_INFINITY
  }
}

export class FairTree {
  settings: FairSettings
  readonly limiters: FairLimiters
  readonly root: FairNode

  constructor(settings: FairSettings) {
    this.settings = settings
    this.limiters = new FairLimiters(settings.limits)
    this.root = new FairNode("root", "", undefined, undefined)
  }

  /** The levels above a job's lane, outermost first. */
  path({ job, limiters }: Entry): ReadonlyArray<readonly [FairLevel, string]> {
    const path: Array<readonly [FairLevel, string]> = [
      ["provider", job.provider],
      ["class", job.priority],
    ]
    for (const { kind, capacity } of limiters) {
      if (capacity === Number.POSITIVE_INFINITY) continue
      if (kind === "model" && job.model !== undefined) path.push([kind, job.model])
      if (kind === "account" && job.account !== undefined) path.push([kind, job.account])
    }
    path.push(["tenant", job.tenant], ["workspace", job.workspace])
    return path
  }

  /** The node of a path, made where it is not there yet. @param from where the path begins. */
  node(path: ReadonlyArray<readonly [FairLevel, string]>, job: QueueJob, from: FairNode = this.root): FairNode {
    let node = from
    for (const [level, name] of path) {
      let child = node.child(level, name)
      if (child === undefined) {
        const kind: LimiterKind | undefined = level === "class" || level === "root" ? undefined : level
        const limiter = kind === undefined ? undefined : this.limiters.of(kind, job)
        const Node = level === "class" ? FairClass : level === "workspace" ? FairLane : FairNode
        child = new Node(level, name, node, limiter)
      }
      node = child
    }
    return node
  }

  place(entry: Entry, sessionFree: boolean): void {
    const { job } = entry
    const path = this.path(entry)
    const owner = this.node(path.slice(0, 2), job)
    const lane = this.node(path.slice(2), job, owner)
    if (!(lane instanceof FairLane) || !(owner instanceof FairClass)) return
    const line = lane.lineFor(job)
    const place = new Place(job.sequence, entry)
    const age = new Place(since(job), entry)
    entry.at = { lane, line, place, age, ages: owner.ages }
    lane.count(1)
    owner.ages.add(age)
    line.entries.add(place)
    lane.reorder(line, sessionFree)
  }

  /** Takes an entry out of its lane. The caller sweeps. */
  unplace(entry: Entry, sessionFree: boolean): void {
    const at = entry.at
    if (at === undefined) return
    entry.at = undefined
    at.line.entries.remove(at.place)
    at.ages.remove(at.age)
    at.lane.count(-1)
    at.lane.reorder(at.line, sessionFree)
  }

  /** Books a start on the whole path, from the lane upwards. */
  charge(entry: Entry): void {
    const { job } = entry
    const lane = entry.at?.lane
    if (lane !== undefined) lane.passed = Math.max(lane.passed, job.sequence)
    for (let node: FairNode | undefined = lane; node !== undefined; node = node.parent) {
      node.charge(job.units / this.weight(node, job.priority, job.tenant))
    }
  }

  /** A node's weight against its siblings. A provider's counts starts of an urgent class for less, as its class does. */
  weight(node: FairNode, priority: Priority, tenant: string): number {
    const { priorities, weights } = this.settings
    switch (node.level) {
      case "provider":
        return weightOf(weights, "provider", node.name) * priorities[priority].share
      case "class":
        return priorities[priority].share
      case "tenant":
        return weightOf(weights, "tenant", node.name)
      case "workspace":
        return weightOf(weights, "workspace", `${tenant}/${node.name}`)
      default:
        return 1
    }
  }
}

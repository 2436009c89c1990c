/**
 * How much may start before a job at most, and how long that may take, from the rule of start-time fair queueing: while two
 * lanes both take part, what each has been given, divided by its weight, differs by no more than one job of each. Pure.
 */
import { headStartOver, type Priority, priorities, type PrioritySettings } from "../Priority.ts"
import { since } from "../QueueJob.ts"
import type { Entry } from "./fairLane.ts"
import type { FairLimiter } from "./fairLimiter.ts"
import type { FairNode } from "./fairNode.ts"
import type { FairTree } from "./fairTree.ts"

export interface WaitBound {
  /** Units that may start before the job, of jobs that no limiter of its own keeps from starting. */
  readonly units: number
  /** How many times the longest run it may wait for room at its limiters. */
  readonly rounds: number
}

const shareOf = (settings: PrioritySettings, name: string): number =>
  settings[priorities.find((priority) => priority === name) ?? "normal"].share

/** What a sibling may be given before a node has been given `own`; jobs have `largest` units at most. */
const overtaking = (own: number, ratio: number, largest: number, rejoins: boolean): number =>
  ratio * (own + 2 * largest) + (rejoins ? own + largest : largest)

/**
 * What a provider may have to pay for `units` until a job of this class has had its turn: each of its classes no more than
 * the class of the job, but for one job.
 */
const price = (settings: PrioritySettings, priority: Priority, units: number, largest: number): number => {
  const least = Math.min(...priorities.map((each) => settings[each].share))
  return (priorities.length * (units + 2 * largest)) / settings[priority].share + (priorities.length * largest) / least
}

/**
 * Counts as if every lane that has something waiting were refilled for ever. A lane that joins later may add as much as one
 * that is there. A node with a limiter of its own stops taking part when that is full, and may find each sibling one job
 * ahead whenever it joins again.
 */
export const waitBound = (tree: FairTree, entry: Entry, largest: number): WaitBound => {
  const at = entry.at
  if (at === undefined) return { units: 0, rounds: 0 }
  const { job } = entry
  const terms = tree.settings.priorities
  const greatest = Math.max(...priorities.map((each) => terms[each].share))
  let units = 0
  let rounds = 0
  const wait = (limiter: FairLimiter | undefined): void => {
    if (limiter === undefined || limiter.capacity === Number.POSITIVE_INFINITY) return
    // A job of several units leaves up to one unit less than its own free at each limiter.
    const room = Math.max(1, limiter.capacity - job.units + 1)
    rounds += (units + limiter.used + job.units - 1) / room
  }
  for (const other of at.lane.entries()) if (other.job.sequence < job.sequence) units += other.job.units
  for (let node: FairNode = at.lane; node.parent !== undefined; node = node.parent) {
    wait(node.limiter)
    const rejoins = node.limiter !== undefined && node.limiter.capacity !== Number.POSITIVE_INFINITY
    const own = tree.weight(node, job.priority, job.tenant)
    const inside = units
    for (const other of node.parent.children.values()) {
      if (other === node || other.waiting === 0) continue
      const weight = tree.weight(other, job.priority, job.tenant)
      if (node.level === "provider") {
        const paid = price(terms, job.priority, inside, largest) * terms[job.priority].share
        units += overtaking(paid, ((weight / own) * greatest) / terms[job.priority].share, largest, rejoins)
      } else {
        const ratio = node.level === "class" ? shareOf(terms, other.name) / own : weight / own
        units += overtaking(inside, ratio, largest, rejoins)
      }
    }
  }
  wait(tree.limiters.global)
  return { units: Math.ceil(units), rounds }
}

/** When the job's class no longer stands back behind any other, in milliseconds. */
export const standsBackUntil = (settings: PrioritySettings, entry: Entry): number =>
  since(entry.job) + Math.max(...priorities.map((top) => headStartOver(settings, top, entry.job.priority)))

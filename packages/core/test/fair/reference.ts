/**
 * The rule of the fair queue, written down without any structure that makes it fast: after every change all of it is
 * computed again from the list of jobs. What the queue answers must be what this answers.
 */
import type { FairSettings } from "../../src/FairSettings.ts"
import { weightOf } from "../../src/FairWeights.ts"
import { capacityOf, type LimiterKind, limiterKinds, limiterName } from "../../src/Limits.ts"
import { headStartOver, type Priority, priorities } from "../../src/Priority.ts"
import { type QueueJob, since } from "../../src/QueueJob.ts"

const depthOf = (key: string): number => (key === "" ? 0 : key.split("\n").length)

interface Waiter {
  readonly job: QueueJob
  held: boolean
  due: boolean
}

interface Times {
  tag: number
  time: number
  active: boolean
  passed: number
  returns: number
  waiting: boolean
}

type Node = ReadonlyArray<string>

const isUnder = (node: Node, path: Node): boolean => node.every((name, depth) => path[depth] === name)

export class Reference {
  settings: FairSettings
  readonly waiters = new Map<string, Waiter>()
  readonly running = new Map<string, QueueJob>()
  #paths = new Map<QueueJob, Node>()
  readonly #times = new Map<string, Times>()

  constructor(settings: FairSettings) {
    this.settings = settings
  }

  enqueue(job: QueueJob, now: number): void {
    this.waiters.set(job.id, { job, held: false, due: (job.notBefore ?? now) <= now })
    this.#settle()
  }

  remove(id: string): void {
    this.waiters.delete(id)
    this.#settle()
  }

  hold(id: string): void {
    const waiter = this.waiters.get(id)
    if (waiter !== undefined) waiter.held = true
    this.#settle()
  }

  release(id: string, now: number): void {
    const waiter = this.waiters.get(id)
    if (waiter?.held !== true) return
    waiter.held = false
    waiter.due = (waiter.job.notBefore ?? now) <= now
    this.#settle()
  }

  finish(id: string): void {
    this.running.delete(id)
    this.#settle()
  }

  configure(settings: FairSettings): void {
    this.settings = settings
    this.#paths = new Map()
    this.#settle()
  }

  next(now: number): QueueJob | undefined {
    this.advance(now)
    const kept = this.#kept(now)
    if (kept !== undefined && this.#room(kept, 0)) return kept
    const jobs = this.#lined().filter(
      (job) =>
        this.#free(job) && this.#room(job, kept === undefined || !this.#shares(job, kept) ? 0 : kept.units, kept),
    )
    return this.#choose(jobs, now)
  }

  take(now: number): QueueJob | undefined {
    const job = this.next(now)
    if (job === undefined) return undefined
    const path = this.#path(job)
    this.#of(path).passed = Math.max(this.#of(path).passed, job.sequence)
    for (let depth = path.length; depth > 0; depth--) {
      const own = this.#of(path.slice(0, depth))
      const parent = this.#of(path.slice(0, depth - 1))
      const start = depth <= 2 ? Math.max(own.tag, parent.time) : own.tag
      parent.time = Math.max(parent.time, start)
      own.returns = 0
      own.tag = start + job.units / this.#weight(path.slice(0, depth), job)
    }
    this.waiters.delete(job.id)
    this.running.set(job.id, job)
    this.#settle()
    return job
  }

  /** Lets in what is due. Every question does. */
  advance(now: number): void {
    for (const waiter of this.waiters.values()) {
      if (waiter.job.expiresAt !== undefined && waiter.job.expiresAt <= now) this.waiters.delete(waiter.job.id)
    }
    this.#settle()
    for (const waiter of this.waiters.values()) waiter.due ||= (waiter.job.notBefore ?? now) <= now
    this.#settle()
  }

  #lined(): ReadonlyArray<QueueJob> {
    return [...this.waiters.values()].filter(({ held, due }) => !held && due).map(({ job }) => job)
  }

  #free(job: QueueJob): boolean {
    return ![...this.running.values()].some(
      (other) => job.session !== undefined && other.session === job.session && other.provider === job.provider,
    )
  }

  #sameLimiter(kind: LimiterKind, a: QueueJob, b: QueueJob): boolean {
    return limiterName(kind, a) !== undefined && limiterName(kind, a) === limiterName(kind, b)
  }

  #used(kind: LimiterKind, job: QueueJob): number {
    const sharing = [...this.running.values()].filter((other) => this.#sameLimiter(kind, other, job))
    return sharing.reduce((sum, other) => sum + other.units, 0)
  }

  #capacity(kind: LimiterKind, job: QueueJob): number {
    const name = limiterName(kind, job)
    return name === undefined ? Number.POSITIVE_INFINITY : capacityOf(this.settings.limits, kind, name)
  }

  #shares(a: QueueJob, b: QueueJob): boolean {
    return limiterKinds.some((kind) => this.#sameLimiter(kind, a, b))
  }

  #room(job: QueueJob, reserved: number, kept?: QueueJob): boolean {
    return limiterKinds.every((kind) => {
      const capacity = this.#capacity(kind, job)
      const aside = kept !== undefined && this.#sameLimiter(kind, job, kept) ? Math.min(reserved, capacity) : 0
      return capacity > 0 && this.#used(kind, job) + Math.min(job.units, capacity) + aside <= capacity
    })
  }

  /** The job that room is kept for. */
  #kept(now: number): QueueJob | undefined {
    const { priorities: terms, reserveAfterMillis } = this.settings
    const dueAt = (job: QueueJob) => since(job) + reserveAfterMillis + headStartOver(terms, "interactive", job.priority)
    const first = this.#lined()
      .filter((job) => (job.units > 1 || this.#crossed(job)) && dueAt(job) <= now && this.#free(job))
      .filter((job) => limiterKinds.every((kind) => this.#capacity(kind, job) > 0))
      .toSorted((a, b) => dueAt(a) - dueAt(b) || a.sequence - b.sequence)[0]
    if (first === undefined) return undefined
    const path = this.#path(first)
    const wide = first.units > 1
    const behind = path.some((_, depth) => {
      const { active, tag, returns } = this.#of(path.slice(0, depth + 1))
      const lost = depth > 0 && returns >= 3 && this.#crossed(first)
      return lost || (wide && active && tag < this.#of(path.slice(0, depth)).time)
    })
    return behind || (wide && this.#of(path).passed > first.sequence) ? first : undefined
  }

  #crossed(job: QueueJob): boolean {
    const finite = limiterKinds.filter((kind) => this.#capacity(kind, job) !== Number.POSITIVE_INFINITY)
    return finite.includes("tenant") || finite.includes("workspace") || finite.length > 3
  }

  #path(job: QueueJob): Node {
    const known = this.#paths.get(job)
    if (known !== undefined) return known
    const path = this.#pathOf(job)
    this.#paths.set(job, path)
    return path
  }

  #pathOf(job: QueueJob): Node {
    const limited = (kind: "model" | "account") =>
      this.#capacity(kind, job) === Number.POSITIVE_INFINITY ? [] : [`${kind}:${job[kind]}`]
    return [job.provider, job.priority, ...limited("model"), ...limited("account"), `t:${job.tenant}`, job.workspace]
  }

  #of(node: Node): Times {
    const key = node.join("\n")
    const found = this.#times.get(key)
    if (found !== undefined) return found
    const times = { tag: 0, time: 0, active: false, passed: Number.NEGATIVE_INFINITY, returns: 0, waiting: false }
    this.#times.set(key, times)
    return times
  }

  #weight(node: Node, job: QueueJob): number {
    const { weights, priorities: terms } = this.settings
    const name = node.at(-1) ?? ""
    if (node.length === 1) return weightOf(weights, "provider", name) * terms[job.priority].share
    if (node.length === 2) return terms[job.priority].share
    if (name === `t:${job.tenant}`) return weightOf(weights, "tenant", job.tenant)
    if (node.length === this.#path(job).length) return weightOf(weights, "workspace", `${job.tenant}/${job.workspace}`)
    return 1
  }

  /** The limiter that closes a node, of any job beneath it. */
  #full(node: Node, job: QueueJob): boolean {
    const name = node.at(-1) ?? ""
    const kind: LimiterKind | undefined =
      node.length === 1
        ? "provider"
        : node.length === 2
          ? undefined
          : name.startsWith("model:")
            ? "model"
            : name.startsWith("account:")
              ? "account"
              : name.startsWith("t:") && node.length < this.#path(job).length
                ? "tenant"
                : "workspace"
    return kind !== undefined && this.#used(kind, job) >= this.#capacity(kind, job)
  }

  /** Sees who takes part now, at the present time of what is above; forgets who has nothing left. */
  #settle(): void {
    const lined = this.#lined()
    const paths = new Map(lined.map((job) => [job, this.#path(job)] as const))
    const active = new Set<string>()
    const waiting = new Set<string>([""])
    for (const [job, path] of paths) {
      for (let depth = path.length; depth > 0; depth--) {
        waiting.add(path.slice(0, depth).join("\n"))
        this.#of(path.slice(0, depth))
      }
      if (!this.#free(job)) continue
      for (let depth = path.length; depth > 0 && !this.#full(path.slice(0, depth), job); depth--) {
        active.add(path.slice(0, depth).join("\n"))
      }
    }
    for (const [key, times] of this.#times) {
      if (key === "") continue
      const isActive = active.has(key)
      const parent = this.#of(key.split("\n").slice(0, -1))
      if (waiting.has(key) && !times.waiting) {
        times.tag = Math.max(times.tag, parent.time)
        times.returns = 0
      }
      times.waiting = waiting.has(key)
      if (isActive && !times.active && times.tag < parent.time) {
        times.tag = parent.time
        times.returns++
      }
      times.active = isActive
    }
    if (lined.length === 0) waiting.clear()
    for (const key of [...this.#times.keys()].toSorted((a, b) => depthOf(b) - depthOf(a))) {
      const times = this.#times.get(key)
      if (times === undefined || waiting.has(key)) continue
      // Nobody waits beneath it, so nobody is left to be paid back.
      for (const [below, { tag }] of this.#times) {
        if (depthOf(below) !== depthOf(key) + 1 || (key !== "" && !below.startsWith(`${key}\n`))) continue
        times.time = Math.max(times.time, tag)
        this.#times.delete(below)
      }
      if (key !== "" && times.tag <= this.#of(key.split("\n").slice(0, -1)).time) this.#times.delete(key)
    }
  }

  /** Of the jobs of one size beneath a node, the one that decides ties. */
  #first(node: Node, jobs: ReadonlyArray<QueueJob>): number {
    const own = this.#under(node, jobs)
    const [only] = own
    if (only !== undefined && own.length === 1) return only.sequence
    const child = this.#children(node, own).toSorted(
      (a, b) => this.#of(a).tag - this.#of(b).tag || this.#first(a, own) - this.#first(b, own),
    )[0]
    return child === undefined ? Math.min(...own.map((job) => job.sequence)) : this.#first(child, own)
  }

  #children(node: Node, jobs: ReadonlyArray<QueueJob>): ReadonlyArray<Node> {
    const found = new Map<string, Node>()
    for (const job of jobs) {
      const path = this.#path(job)
      if (path.length > node.length && isUnder(node, path)) {
        const child = path.slice(0, node.length + 1)
        found.set(child.join("\n"), child)
      }
    }
    return [...found.values()]
  }

  #under(node: Node, jobs: ReadonlyArray<QueueJob>): ReadonlyArray<QueueJob> {
    return jobs.filter((job) => isUnder(node, this.#path(job)))
  }

  #earliest(nodes: ReadonlyArray<Node>, jobs: ReadonlyArray<QueueJob>): Node | undefined {
    const sizes = [...new Set(jobs.map((job) => job.units))]
    const tie = (node: Node) =>
      Math.min(
        ...sizes.map((units) =>
          this.#first(
            node,
            jobs.filter((job) => job.units === units),
          ),
        ),
      )
    return nodes.toSorted((a, b) => this.#of(a).tag - this.#of(b).tag || tie(a) - tie(b))[0]
  }

  #mayTake(node: Node, top: Priority, now: number): boolean {
    const own = node[1] as Priority
    const oldest = Math.min(...this.#under(node, this.#lined()).map(since))
    return own === top || now - oldest >= headStartOver(this.settings.priorities, top, own)
  }

  #choose(all: ReadonlyArray<QueueJob>, now: number): QueueJob | undefined {
    const top = priorities.find((priority) => all.some((job) => job.priority === priority))
    if (top === undefined) return undefined
    const providers = this.#children([], all).filter((provider) =>
      this.#children(provider, all).some((node) => this.#mayTake(node, top, now)),
    )
    let node = this.#earliest(providers, all)
    if (node === undefined) return undefined
    let jobs = this.#under(node, all)
    const own = priorities.find((priority) => jobs.some((job) => job.priority === priority)) ?? top
    node = this.#earliest(
      this.#children(node, jobs).filter((child) => this.#mayTake(child, own, now)),
      jobs,
    )
    while (node !== undefined) {
      jobs = this.#under(node, jobs)
      const children = this.#children(node, jobs)
      if (children.length === 0) return jobs.toSorted((a, b) => a.sequence - b.sequence)[0]
      node = this.#earliest(children, jobs)
    }
    return undefined
  }
}

/** Whose turn it is: from all that could start now, the one that does. Pure. */
import { headStartOver, precedence, type Priority, priorities, type PrioritySettings } from "../Priority.ts"
import { type Entry, FairLane } from "./fairLane.ts"
import type { FairNode } from "./fairNode.ts"
import { FairClass, type FairTree } from "./fairTree.ts"

type Sizes = ReadonlyArray<number>

const canStart = (node: FairNode, sizes: Sizes): boolean => sizes.some((units) => node.seats.has(units))

/** The sizes of which a child has a job, of those that its parent may start. */
const within = (sizes: Sizes, child: FairNode): Sizes =>
  sizes.length === 1 ? sizes : sizes.filter((units) => child.seats.has(units))

const firstOf = (node: FairNode, sizes: Sizes): number => {
  let first = Number.POSITIVE_INFINITY
  for (const units of sizes) first = Math.min(first, node.seats.get(units)?.first ?? first)
  return first
}

const earlier = (a: FairNode, b: FairNode | undefined, sizes: Sizes): boolean =>
  b === undefined || a.tag < b.tag || (a.tag === b.tag && firstOf(a, sizes) < firstOf(b, sizes))

/** The classes of a provider that can start something, most urgent first. */
const classesOf = (provider: FairNode, sizes: Sizes): ReadonlyArray<readonly [Priority, FairClass]> =>
  priorities.flatMap((priority) => {
    const node = provider.child("class", priority)
    return node instanceof FairClass && canStart(node, sizes) ? [[priority, node] as const] : []
  })

/** Whether a class need no longer stand back behind `top`. */
const mayTake = (node: FairClass, own: Priority, top: Priority, terms: PrioritySettings, now: number): boolean =>
  own === top || now - node.oldest >= headStartOver(terms, top, own)

const chooseProvider = (tree: FairTree, sizes: Sizes, now: number): FairNode | undefined => {
  const offers: Array<readonly [FairNode, ReadonlyArray<readonly [Priority, FairClass]>]> = []
  let top: number = priorities.length
  for (const provider of tree.root.children.values()) {
    if (!canStart(provider, sizes)) continue
    const classes = classesOf(provider, within(sizes, provider))
    const best = classes[0]
    if (best === undefined) continue
    top = Math.min(top, precedence(best[0]))
    offers.push([provider, classes])
  }
  const urgent = priorities.at(top)
  let chosen: FairNode | undefined
  for (const [provider, classes] of offers) {
    const takes = classes.some(
      ([own, node]) => urgent !== undefined && mayTake(node, own, urgent, tree.settings.priorities, now),
    )
    if (takes && earlier(provider, chosen, sizes)) chosen = provider
  }
  return chosen
}

const chooseClass = (provider: FairNode, sizes: Sizes, terms: PrioritySettings, now: number): FairNode | undefined => {
  const classes = classesOf(provider, sizes)
  const top = classes[0]
  let chosen: FairNode | undefined
  for (const [own, node] of classes) {
    if (top !== undefined && mayTake(node, own, top[0], terms, now) && earlier(node, chosen, sizes)) chosen = node
  }
  return chosen
}

/** The child with the least tag among those that can start one of these sizes. */
const chooseChild = (node: FairNode, sizes: Sizes): FairNode | undefined => {
  let chosen: FairNode | undefined
  for (const units of sizes) {
    const child = node.ready.get(units)?.peek()?.node
    if (child !== undefined && child !== chosen && earlier(child, chosen, sizes)) chosen = child
  }
  return chosen
}

/** The next job, if anything may start at all. */
export const nextEntry = (tree: FairTree, roomFor: (units: number) => boolean, now: number): Entry | undefined => {
  let sizes: Sizes = [...tree.root.ready.keys()].filter(roomFor)
  const provider = sizes.length === 0 ? undefined : chooseProvider(tree, sizes, now)
  if (provider === undefined) return undefined
  sizes = within(sizes, provider)
  let node = chooseClass(provider, sizes, tree.settings.priorities, now)
  while (node !== undefined) {
    sizes = within(sizes, node)
    if (node instanceof FairLane) return node.firstEntry(sizes)
    node = chooseChild(node, sizes)
  }
  return undefined
}

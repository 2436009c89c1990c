/** Text of an agent as Markdown. No HTML of its own, no image is fetched, and links lead only where a person can see. */
import { terminalText } from "@runyard/core/TerminalText"
import { memo } from "react"
import ReactMarkdown, { type Components } from "react-markdown"
import remarkGfm from "remark-gfm"
import { CopyButton } from "../components/CopyButton.tsx"
import { safeLink } from "./safeLink.ts"

const textOf = (node: unknown): string => {
  const { children, value } = (node ?? {}) as { readonly children?: ReadonlyArray<unknown>; readonly value?: unknown }
  return typeof value === "string" ? value : (children ?? []).map(textOf).join("")
}

/** Headings of an answer stand below the title of the page, whatever an agent begins with. */
const components: Components = {
  a: ({ children, href }) =>
    href === undefined || href === "" ? (
      <span>{children}</span>
    ) : (
      <a
        href={href}
        target="_blank"
        rel="noopener noreferrer"
        title={href}
        className="text-accent underline underline-offset-2"
      >
        {children}
      </a>
    ),
  // What a page fetches by itself tells others who reads it.
  img: ({ alt, src }) => (
    <span className="rounded border px-1.5 py-0.5 text-xs text-soft" title={typeof src === "string" ? src : undefined}>
      Image: {alt === undefined || alt === "" ? "without a description" : alt}
    </span>
  ),
  pre: ({ children, node }) => (
    <div className="group relative my-3 first:mt-0 last:mb-0">
      <pre
        // An area that scrolls is reached with the keyboard.
        tabIndex={0}
        className="scroll-slim overflow-x-auto rounded-lg border bg-sunken px-3 py-2.5 font-mono text-xs leading-5"
      >
        {children}
      </pre>
      <CopyButton
        text={() => textOf(node)}
        label="Copy the code"
        className="absolute top-1.5 right-1.5 bg-surface opacity-0 group-hover:opacity-100 focus-visible:opacity-100 max-sm:opacity-100"
      />
    </div>
  ),
  code: ({ children, className, node }) =>
    className === undefined && !textOf(node).includes("\n") ? (
      <code className="rounded bg-active/70 px-1 py-0.5 font-mono text-[0.92em]">{children}</code>
    ) : (
      <code>{children}</code>
    ),
  p: ({ children }) => (
    <p dir="auto" className="my-2.5 first:mt-0 last:mb-0">
      {children}
    </p>
  ),
  li: ({ children, className }) => (
    <li dir="auto" className={className}>
      {children}
    </li>
  ),
  ul: ({ children }) => <ul className="my-2.5 list-disc space-y-1 pl-5 marker:text-faint">{children}</ul>,
  ol: ({ children, start }) => (
    <ol start={start} className="my-2.5 list-decimal space-y-1 pl-5 marker:text-faint">
      {children}
    </ol>
  ),
  h1: ({ children }) => (
    <h2 dir="auto" className="mt-5 mb-2 text-lg font-semibold first:mt-0">
      {children}
    </h2>
  ),
  h2: ({ children }) => (
    <h2 dir="auto" className="mt-5 mb-2 text-base font-semibold first:mt-0">
      {children}
    </h2>
  ),
  h3: ({ children }) => (
    <h2 dir="auto" className="mt-4 mb-1.5 font-semibold first:mt-0">
      {children}
    </h2>
  ),
  h4: ({ children }) => (
    <h3 dir="auto" className="mt-4 mb-1.5 font-medium first:mt-0">
      {children}
    </h3>
  ),
  blockquote: ({ children }) => (
    <blockquote dir="auto" className="my-2.5 border-l-2 pl-3 text-soft">
      {children}
    </blockquote>
  ),
  hr: () => <hr className="my-4" />,
  table: ({ children }) => (
    <div className="scroll-slim my-3 overflow-x-auto rounded-lg border" tabIndex={0}>
      <table className="w-full border-collapse text-left text-sm">{children}</table>
    </div>
  ),
  th: ({ children }) => (
    <th dir="auto" className="border-b bg-sunken px-3 py-1.5 font-medium">
      {children}
    </th>
  ),
  td: ({ children }) => (
    <td dir="auto" className="border-b px-3 py-1.5 align-top [tr:last-child>&]:border-b-0">
      {children}
    </td>
  ),
}

interface Drawn {
  value?: unknown
  alt?: unknown
  readonly properties?: Drawn
  readonly children?: ReadonlyArray<Drawn>
}

const makeSafe = (node: Drawn): void => {
  if (typeof node.value === "string") node.value = terminalText(node.value)
  if (typeof node.properties?.alt === "string") node.properties.alt = terminalText(node.properties.alt)
  node.children?.forEach(makeSafe)
}

/** A reference such as `&#x202e;` becomes its character only when the text is read. */
const withoutReferences = () => makeSafe

const plugins = [remarkGfm]
const afterwards = [withoutReferences]

/** @param text made safe to show already: see `TerminalText` of core. */
const Markdown = memo(({ text }: { readonly text: string }) => (
  <ReactMarkdown remarkPlugins={plugins} rehypePlugins={afterwards} components={components} urlTransform={safeLink}>
    {text}
  </ReactMarkdown>
))

export default Markdown

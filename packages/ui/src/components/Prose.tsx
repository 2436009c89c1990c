/** A sentence of the server, with what stands between backticks as code. Nothing else in it means anything. */
export const Prose = ({ text }: { readonly text: string }) =>
  text.split(/`([^`]+)`/).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <code key={index} className="rounded bg-hover px-1 py-px font-mono text-[0.92em]">
        {part}
      </code>
    ),
  )

/** The mark of Runyard: two tracks that join. */
export const Mark = ({ className }: { readonly className?: string }) => (
  <svg viewBox="0 0 20 20" className={className} fill="none" stroke="currentColor" aria-hidden="true">
    <path d="M5 2.5v15" strokeWidth="2.5" strokeLinecap="round" />
    <path d="M15 2.5v2.6c0 3.4-2.2 5.2-5 6.4s-5 3-5 6" strokeWidth="2.5" strokeLinecap="round" />
  </svg>
)

import { usdText } from "./moneyText.ts"

/** An amount in US dollars. Undefined is not known, which is not nothing. */
export const Money = ({ className, usd }: { readonly usd: number | undefined; readonly className?: string }) => (
  <span className={className} title={usd === undefined ? "The cost is not known" : `${usd} US dollars`}>
    {usdText(usd)}
  </span>
)

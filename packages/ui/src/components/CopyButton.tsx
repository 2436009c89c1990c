import { Check, Copy } from "lucide-react"
import { useEffect, useState } from "react"
import { IconButton, type IconButtonProps } from "./IconButton.tsx"

export interface CopyButtonProps extends Omit<IconButtonProps, "children" | "label"> {
  readonly text: string | (() => string)
  readonly label?: string
}

export const CopyButton = ({ label = "Copy", text, ...props }: CopyButtonProps) => {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1_500)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = () => {
    void navigator.clipboard.writeText(typeof text === "string" ? text : text()).then(() => setCopied(true))
  }
  return (
    <IconButton label={copied ? "Copied" : label} size="sm" onClick={copy} {...props}>
      {copied ? <Check className="text-good" /> : <Copy />}
    </IconButton>
  )
}

import { Monitor, Moon, Sun } from "lucide-react"
import { cn } from "../components/cn.ts"
import { setTheme, type Theme, themes, useTheme } from "./theme.ts"

const looks = {
  system: { label: "As the system", icon: Monitor },
  light: { label: "Light", icon: Sun },
  dark: { label: "Dark", icon: Moon },
} as const satisfies Record<Theme, unknown>

export const ThemeToggle = ({ labels = false }: { readonly labels?: boolean }) => {
  const theme = useTheme()
  return (
    <div role="radiogroup" aria-label="Theme" className="inline-flex rounded-md border bg-sunken p-0.5">
      {themes.map((each) => {
        const { icon: Icon, label } = looks[each]
        const chosen = each === theme
        return (
          <button
            key={each}
            type="button"
            role="radio"
            aria-checked={chosen}
            aria-label={label}
            title={label}
            onClick={() => setTheme(each)}
            className={cn(
              "inline-flex h-6 items-center gap-1.5 rounded-[5px] px-1.5 text-xs text-faint hover:text-text max-sm:h-9 max-sm:px-3",
              chosen && "bg-chosen text-text shadow-raised",
            )}
          >
            <Icon className="size-3.5" aria-hidden="true" />
            {labels && label}
          </button>
        )
      })}
    </div>
  )
}

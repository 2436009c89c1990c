import { Monitor, Moon, Sun } from "lucide-react"
import { useId } from "react"
import { setTheme, type Theme, themes, useTheme } from "./theme.ts"

const looks = {
  system: { label: "As the system", icon: Monitor },
  light: { label: "Light", icon: Sun },
  dark: { label: "Dark", icon: Moon },
} as const satisfies Record<Theme, unknown>

export const ThemeToggle = ({ labels = false }: { readonly labels?: boolean }) => {
  const theme = useTheme()
  const name = useId()
  return (
    <fieldset className="inline-flex rounded-md border bg-sunken p-0.5">
      <legend className="sr-only">Theme</legend>
      {themes.map((each) => {
        const { icon: Icon, label } = looks[each]
        return (
          <label
            key={each}
            title={label}
            className="inline-flex h-6 cursor-pointer items-center gap-1.5 rounded-[5px] px-1.5 text-xs text-faint select-none hover:text-text has-checked:bg-chosen has-checked:text-text has-checked:shadow-raised has-focus-visible:outline-2 has-focus-visible:outline-accent max-sm:h-9 max-sm:px-3"
          >
            <input
              type="radio"
              name={name}
              className="sr-only"
              checked={each === theme}
              onChange={() => setTheme(each)}
            />
            <Icon className="size-3.5" aria-hidden="true" />
            <span className={labels ? "" : "sr-only"}>{label}</span>
          </label>
        )
      })}
    </fieldset>
  )
}

/** The places of the page, in the order in which they stand in its navigation. */
import { CalendarClock, Gauge, History, ListOrdered, type LucideIcon, Settings, SquarePen } from "lucide-react"

export interface Place {
  readonly to: "/" | "/runs" | "/queue" | "/schedules" | "/usage" | "/settings"
  readonly label: string
  /** Where there is little room. */
  readonly short: string
  readonly icon: LucideIcon
  readonly keys: string
}

export const places: ReadonlyArray<Place> = [
  { to: "/", label: "New run", short: "New", icon: SquarePen, keys: "n" },
  { to: "/runs", label: "History", short: "History", icon: History, keys: "g h" },
  { to: "/queue", label: "Queue", short: "Queue", icon: ListOrdered, keys: "g q" },
  { to: "/schedules", label: "Schedules", short: "Schedules", icon: CalendarClock, keys: "g c" },
  { to: "/usage", label: "Usage", short: "Usage", icon: Gauge, keys: "g u" },
  { to: "/settings", label: "Settings", short: "Settings", icon: Settings, keys: "g s" },
]

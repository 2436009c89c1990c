import { Link } from "@tanstack/react-router"
import { Compass } from "lucide-react"
import { buttonStyle } from "../components/Button.tsx"
import { EmptyState } from "../components/EmptyState.tsx"

export const NotFound = () => (
  <EmptyState
    icon={Compass}
    title="There is nothing here"
    className="my-auto"
    actions={
      <Link to="/runs" className={buttonStyle()}>
        All runs
      </Link>
    }
  >
    No screen has this address.
  </EmptyState>
)

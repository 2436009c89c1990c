import { Link } from "@tanstack/react-router"
import { Compass } from "lucide-react"
import { buttonStyle } from "../components/Button.tsx"
import { EmptyState } from "../components/EmptyState.tsx"
import { Page } from "../components/Page.tsx"

export const NotFound = () => (
  <Page title="Not found">
    <EmptyState
      icon={Compass}
      title="There is nothing here"
      actions={
        <Link to="/runs" className={buttonStyle()}>
          All runs
        </Link>
      }
    >
      No screen has this address.
    </EmptyState>
  </Page>
)

import { EmptyState } from "../components/EmptyState.tsx"
import { Page } from "../components/Page.tsx"

export const RunPage = () => (
  <Page title="Run">
    <EmptyState title="Run" />
  </Page>
)

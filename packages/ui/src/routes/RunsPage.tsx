import { EmptyState } from "../components/EmptyState.tsx"
import { Page } from "../components/Page.tsx"

export const RunsPage = () => (
  <Page title="History">
    <EmptyState title="History" />
  </Page>
)

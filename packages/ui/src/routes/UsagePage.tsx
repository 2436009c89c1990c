import { EmptyState } from "../components/EmptyState.tsx"
import { Page } from "../components/Page.tsx"

export const UsagePage = () => (
  <Page title="Usage">
    <EmptyState title="Usage" />
  </Page>
)

import { EmptyState } from "../components/EmptyState.tsx"
import { Page } from "../components/Page.tsx"

export const QueuePage = () => (
  <Page title="Queue">
    <EmptyState title="Queue" />
  </Page>
)

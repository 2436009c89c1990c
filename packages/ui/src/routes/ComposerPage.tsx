import { EmptyState } from "../components/EmptyState.tsx"
import { Page } from "../components/Page.tsx"

export const ComposerPage = () => (
  <Page title="New run">
    <EmptyState title="New run" />
  </Page>
)

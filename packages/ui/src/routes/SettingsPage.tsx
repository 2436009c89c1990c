import { EmptyState } from "../components/EmptyState.tsx"
import { Page } from "../components/Page.tsx"

export const SettingsPage = () => (
  <Page title="Settings">
    <EmptyState title="Settings" />
  </Page>
)

import { getRouteApi } from "@tanstack/react-router"
import { Page } from "../components/Page.tsx"
import { TabPanel, Tabs } from "../components/Tabs.tsx"
import { AgentsPanel } from "../settings/AgentsPanel.tsx"
import { AuditPanel } from "../settings/AuditPanel.tsx"
import { GrantsPanel } from "../settings/GrantsPanel.tsx"
import { PolicyPanel } from "../settings/PolicyPanel.tsx"
import { ServerPanel } from "../settings/ServerPanel.tsx"
import type { SettingsTab } from "./settingsSearch.ts"

const route = getRouteApi("/settings")

const tabs: ReadonlyArray<{ readonly value: SettingsTab; readonly label: string }> = [
  { value: "grants", label: "Grants" },
  { value: "policy", label: "Policy" },
  { value: "agents", label: "Agents" },
  { value: "audit", label: "Audit log" },
  { value: "server", label: "Server" },
]

export const SettingsPage = () => {
  const { provider, tab = "grants" } = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <Page title="Settings" className="pt-2">
      <Tabs label="Settings" tabs={tabs} value={tab} onChange={(next) => void navigate({ search: { tab: next } })}>
        <TabPanel value="grants" className="py-5">
          <GrantsPanel />
        </TabPanel>
        <TabPanel value="policy" className="py-5">
          <PolicyPanel
            provider={provider}
            onProvider={(next) => void navigate({ search: { tab: "policy", provider: next }, replace: true })}
          />
        </TabPanel>
        <TabPanel value="agents" className="py-5">
          <AgentsPanel />
        </TabPanel>
        <TabPanel value="audit" className="py-5">
          <AuditPanel />
        </TabPanel>
        <TabPanel value="server" className="py-5">
          <ServerPanel />
        </TabPanel>
      </Tabs>
    </Page>
  )
}

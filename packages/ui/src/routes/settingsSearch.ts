export const settingsTabs = ["grants", "policy", "agents", "audit", "server"] as const
export type SettingsTab = (typeof settingsTabs)[number]

export interface SettingsSearch {
  readonly tab?: SettingsTab
  readonly provider?: string
}

export const settingsSearch = (search: Readonly<Record<string, unknown>>): SettingsSearch => {
  const tab = settingsTabs.find((each) => each === search["tab"])
  const { provider } = search
  return {
    ...(tab === undefined ? {} : { tab }),
    ...(typeof provider === "string" ? { provider } : {}),
  }
}

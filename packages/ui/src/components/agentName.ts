/** What people call the agents that Runyard comes with. Pure. */

const names: Readonly<Record<string, string>> = {
  claude: "Claude Code",
  codex: "Codex CLI",
  scripted: "Scripted agent",
}

/** "Claude Code" for `claude`; the id of an agent that somebody has added. */
export const agentName = (provider: string): string =>
  (Object.hasOwn(names, provider) ? names[provider] : undefined) ?? provider

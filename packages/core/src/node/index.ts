/** The Node layers of the library: `NodeCore.layer` is all of them. */
export * as AjvStructuredOutput from "./AjvStructuredOutput.ts"
export * as FileSecretStore from "./FileSecretStore.ts"
export * as KeychainSecretStore from "./KeychainSecretStore.ts"
export * as NodeCore from "./NodeCore.ts"
export * as NodePaths from "./NodePaths.ts"
export * as NodeProcessHost from "./NodeProcessHost.ts"
export * as NodeSecretStore from "./NodeSecretStore.ts"
export * as NodeWorkspace from "./NodeWorkspace.ts"

/** The Node layers of the library: `NodeCore.layer` is all of them. */
export * as AjvStructuredOutput from "./AjvStructuredOutput.ts"
export * as NodeCore from "./NodeCore.ts"
export * as NodePaths from "./NodePaths.ts"
export * as NodePolicy from "./NodePolicy.ts"
export * as NodeProcessHost from "./NodeProcessHost.ts"
export * as NodeWorkspace from "./NodeWorkspace.ts"

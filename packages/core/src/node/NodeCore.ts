/** Everything of this machine that the library needs, in one layer. */
import * as Layer from "effect/Layer"
import type { ProcessHost } from "../ProcessHost.ts"
import type { StructuredOutput } from "../StructuredOutput.ts"
import type { Workspace } from "../Workspace.ts"
import * as AjvStructuredOutput from "./AjvStructuredOutput.ts"
import * as NodeProcessHost from "./NodeProcessHost.ts"
import * as NodeWorkspace from "./NodeWorkspace.ts"

/**
 * Processes, directories and schema checks of Node.
 * @param env see `NodeProcessHost.layer`, as are the options.
 */
export const layer = (
  env?: Readonly<Record<string, string>>,
  options?: { readonly containment?: NodeProcessHost.ContainmentChoice | undefined },
): Layer.Layer<ProcessHost | StructuredOutput | Workspace> =>
  Layer.mergeAll(NodeProcessHost.layer(env, options), NodeWorkspace.layer, AjvStructuredOutput.layer)

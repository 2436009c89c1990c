/**
 * Prints the modules of others that a module of ours imports, as JSON, in the order in which they are loaded.
 *
 * node imports.ts <specifier>
 */
import { registerHooks } from "node:module"

const [specifier = ""] = process.argv.slice(2)
const isOthers = (url: string): boolean => url.includes("/node_modules/")
const found = new Set<string>()
registerHooks({
  resolve: (name, context, next) => {
    const resolved = next(name, context)
    if (isOthers(resolved.url) && context.parentURL !== undefined && !isOthers(context.parentURL))
      found.add(resolved.url)
    return resolved
  },
})
await import(specifier)
console.log(JSON.stringify([...found]))

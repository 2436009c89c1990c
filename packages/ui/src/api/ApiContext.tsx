/** The one client of the page, for everything below it. */
import { createContext, type ReactNode, useContext } from "react"
import type { Client } from "./client.ts"

const ApiContext = createContext<Client | undefined>(undefined)

export const ApiProvider = ({ children, client }: { readonly client: Client; readonly children: ReactNode }) => (
  <ApiContext value={client}>{children}</ApiContext>
)

export const useApi = (): Client => {
  const client = useContext(ApiContext)
  if (client === undefined) throw new Error("There is no ApiProvider above this component")
  return client
}

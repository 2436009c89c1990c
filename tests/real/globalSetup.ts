/** Installs the CLIs before the first test, so that no test's time contains a download. */
import { chosenClis } from "./Clis.ts"
import { install } from "./install.ts"

export default async (): Promise<void> => {
  if (process.platform !== "linux") throw new Error("The suite of real CLIs reads /proc, so it needs Linux")
  for (const cli of chosenClis()) await install(cli)
}

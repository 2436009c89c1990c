/** What a page shows of a run, and what it has to show for a log: the two are compared. */
import type { Page } from "playwright-core"
import { eventually } from "../support/eventually.ts"
import type { StoredEvent } from "./Served.ts"

/** Number and type of every event of the log, as `12 agent.message`. */
export const eventsOf = (log: ReadonlyArray<StoredEvent>): ReadonlyArray<string> =>
  log.map(({ seq, type }) => `${seq} ${type}`)

/** The same, of the rows that the page's list of events has. */
const shownEvents = (page: Page): Promise<ReadonlyArray<string>> =>
  page.evaluate(() =>
    [...document.querySelectorAll('[role="list"][aria-label="Events"] [role="listitem"]')]
      .toSorted((one, other) => Number(one.getAttribute("aria-posinset")) - Number(other.getAttribute("aria-posinset")))
      .map((row) => {
        const [seq, , type] = row.querySelectorAll("button > span")
        return `${seq?.textContent} ${type?.textContent}`
      }),
  )

/** What the agent said, by the log. */
export const messagesOf = (log: ReadonlyArray<StoredEvent>): ReadonlyArray<string> =>
  log.flatMap((event) => (event.type === "agent.message" ? [event.payload.text] : []))

/** What the agent said, by the page. */
export const shownMessages = (page: Page): Promise<ReadonlyArray<string>> =>
  page.getByRole("group", { name: "Message", exact: true }).allInnerTexts()

/** Opens the list of events and gives it once it has as many as the log. */
export const readEvents = async (page: Page, count: number): Promise<ReadonlyArray<string>> => {
  await page.getByRole("tab", { name: "Events" }).click()
  return eventually(async () => {
    const shown = await shownEvents(page)
    return shown.length >= count ? shown : undefined
  })
}

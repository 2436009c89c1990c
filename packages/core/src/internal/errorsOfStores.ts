/** Errors of the store, of its version, and of Runyard itself. Data: `ErrorCode.ts` puts them together. */
import type { ErrorEntry } from "./errorEntry.ts"

export const stores = {
  STORE_RUN_NOT_FOUND: {
    class: "usage",
    summary: "No run has this id",
    remedy: "`runyard ls` lists the runs of this store.",
  },
  STORE_UNAVAILABLE: {
    class: "unknown",
    summary: "The store cannot be opened",
    remedy: "Check the path, permissions and free space of the data directory.",
  },
  STORE_BUSY: {
    class: "transient",
    summary: "Another program holds the store",
    remedy: "Try again; if it stays, look for a program that keeps a transaction open.",
  },
  STORE_FULL: {
    class: "unknown",
    summary: "The disk of the store is full",
    remedy: "Free some space; nothing that was acknowledged is lost.",
  },
  STORE_FAILED: {
    class: "unknown",
    summary: "The store failed",
    remedy: "Look at the message, and at the disk of the data directory.",
  },
  STORE_CORRUPT: {
    class: "unknown",
    summary: "The store holds something that this version cannot read",
    remedy: "Use the version of Runyard that wrote it, or restore a backup.",
  },
  STORE_CONFLICT: {
    class: "usage",
    summary: "The change does not fit the state of the run",
    remedy: "Look at the run's state; it may have ended already.",
  },
  UPDATE_REQUIRED: {
    class: "usage",
    summary: "The store was written by a newer version of Runyard",
    remedy: "Update Runyard.",
  },
  INTERNAL_DEFECT: {
    class: "unknown",
    summary: "A defect in Runyard",
    remedy: "Please report it with what you did; no run's output is in this message.",
  },
} as const satisfies Record<string, ErrorEntry>

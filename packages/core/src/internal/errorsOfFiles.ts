/** Errors of files, directories and pipes. Data: `ErrorCode.ts` puts them together. */
import type { ErrorEntry } from "./errorEntry.ts"

export const files = {
  IO_DIRECTORY_UNREADABLE: {
    class: "usage",
    summary: "The working directory does not exist or cannot be read",
    remedy: "Name an existing directory that this user may read.",
  },
  IO_FILE_UNREADABLE: {
    class: "usage",
    summary: "A file that was named does not exist or cannot be read",
    remedy: "Check the path and its permissions.",
  },
  IO_SCRATCH_FAILED: {
    class: "unknown",
    summary: "A temporary file could not be written",
    remedy: "Check free space and permissions of the temporary directory.",
  },
  IO_OUTPUT_CLOSED: {
    class: "usage",
    summary: "The output could not be written",
    remedy: "Nothing to do if its reader was meant to leave; otherwise look for a full disk behind it.",
  },
} as const satisfies Record<string, ErrorEntry>

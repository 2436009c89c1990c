import { type ClassValue, clsx } from "clsx"
import { twMerge } from "tailwind-merge"

/** Class names; of those that contradict each other the last one counts. */
export const cn = (...values: ReadonlyArray<ClassValue>): string => twMerge(clsx(values))

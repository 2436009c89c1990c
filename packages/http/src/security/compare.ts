/** Compares secrets in a time that tells nothing about them. */
import { createHash, timingSafeEqual } from "node:crypto"

export const digestOf = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest()

/** Of any lengths: what is compared are digests. */
export const isSameSecret = (left: string, right: string): boolean => timingSafeEqual(digestOf(left), digestOf(right))

/** Encrypts with AES-256-GCM, so that what was changed does not decrypt. */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto"

export const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

/** A random nonce, what was encrypted, and the tag, in base64. A key encrypts far fewer than 2^32 of them. */
export const seal = (key: Uint8Array, context: string, plain: Uint8Array): string => {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(context))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString("base64")
}

/** Undefined when the key or the context is another one, or a bit was changed. */
export const unseal = (key: Uint8Array, context: string, sealed: string): Buffer | undefined => {
  const bytes = Buffer.from(sealed, "base64")
  if (bytes.length < nonceBytes + tagBytes) return undefined
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes)), decipher.final()])
  } catch {
    return undefined
  }
}

export interface ScryptCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** 128 MiB and some 0.3 s for each guess: what OWASP's password storage cheat sheet asks of scrypt. */
export const defaultCost: ScryptCost = { N: 2 ** 17, r: 8, p: 1 }

export const keyFromPassphrase = (passphrase: string, salt: Uint8Array, cost: ScryptCost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const maxmem = 256 * cost.N * cost.r
    scrypt(passphrase.normalize("NFKC"), salt, keyBytes, { ...cost, maxmem }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })

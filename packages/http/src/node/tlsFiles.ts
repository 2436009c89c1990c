/** The certificate and the key of a server, from files that people name. */
import * as fs from "node:fs/promises"
import { createSecureContext } from "node:tls"
import { runyardError } from "@runyard/core/RunyardError"

export interface TlsFiles {
  readonly cert: Buffer
  readonly key: Buffer
}

const read = (file: string): Promise<Buffer> =>
  fs.readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw runyardError("IO_FILE_UNREADABLE", { message: `${file} cannot be read: ${error.code ?? "unknown"}` })
  })

/**
 * Reads both, and tries whether a server can speak with them. Rejects with `IO_FILE_UNREADABLE`, which says what is wrong
 * and nothing of what the files hold.
 */
export const readTls = async (cert: string, key: string): Promise<TlsFiles> => {
  const files = { cert: await read(cert), key: await read(key) }
  try {
    createSecureContext(files)
    return files
  } catch (error) {
    const isOther = (error as NodeJS.ErrnoException).code === "ERR_OSSL_X509_KEY_VALUES_MISMATCH"
    throw runyardError("IO_FILE_UNREADABLE", {
      message: isOther
        ? `${key} is not the key of the certificate in ${cert}`
        : `${cert} and ${key} are no certificate and private key in PEM form`,
      remedy: "Name the certificate, with its chain, and the private key that it was made for; a key has no password.",
    })
  }
}

/** Reads a body within bounds and checks its JSON, so that a handler gets nothing that readers could disagree about. */
import type { HttpLimits } from "./HttpLimits.ts"
import { type Refusal, refusal } from "./refusal.ts"
import { defaultJsonBounds, readJson } from "./strictJson.ts"

const tooLarge = (bytes: number): Refusal => refusal("HTTP_BODY_TOO_LARGE", `A body has ${bytes} bytes at most`)

const collect = async (body: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array | undefined> => {
  const reader = body.getReader()
  const parts: Array<Uint8Array> = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > most) {
      void reader.cancel().catch(() => undefined)
      return undefined
    }
    parts.push(value)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** The request as it was where it has no body, else with the body that was read. */
export const readBody = async (request: Request, limits: HttpLimits): Promise<{ request: Request } | Refusal> => {
  if (request.method !== "POST" && request.method !== "PATCH") return { request }
  const bytes = request.body === null ? new Uint8Array() : await collect(request.body, limits.bodyBytes)
  if (bytes === undefined) return tooLarge(limits.bodyBytes)
  const text = textOf(bytes)
  if (text === undefined) return refusal("HTTP_BODY_INVALID", "It is not UTF-8")
  const read = readJson(text, { ...defaultJsonBounds, depth: limits.jsonDepth, stringLength: limits.stringLength })
  if ("fault" in read) return refusal("HTTP_BODY_INVALID", read.fault)
  const { headers, method, signal, url } = request
  return { request: new Request(url, { method, headers, signal, body: text }) }
}

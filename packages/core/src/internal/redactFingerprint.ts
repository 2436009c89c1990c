/** A short keyed fingerprint of a secret: SipHash-2-4 over its UTF-16 code units, of which 32 bits are shown. */

const word = (key: Uint8Array, at: number): number =>
  (key[at] ?? 0) | ((key[at + 1] ?? 0) << 8) | ((key[at + 2] ?? 0) << 16) | ((key[at + 3] ?? 0) << 24)

/** Bytes of a key; what is longer is ignored, what is missing counts as zero. */
export const keyBytes = 16

/** The same text and key always give the same eight hexadecimal digits; without the key they say nothing about it. */
export const makeFingerprint = (key: Uint8Array): ((text: string) => string) => {
  const k0l = word(key, 0)
  const k0h = word(key, 4)
  const k1l = word(key, 8)
  const k1h = word(key, 12)
  return (text) => {
    let v0l = k0l ^ 0x70736575
    let v0h = k0h ^ 0x736f6d65
    let v1l = k1l ^ 0x6e646f6d
    let v1h = k1h ^ 0x646f7261
    let v2l = k0l ^ 0x6e657261
    let v2h = k0h ^ 0x6c796765
    let v3l = k1l ^ 0x79746573
    let v3h = k1h ^ 0x74656462

    const rounds = (count: number) => {
      for (let round = 0; round < count; round++) {
        // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
        let low = (v0l >>> 0) + (v1l >>> 0)
        v0h = (v0h + v1h + (low > 0xffffffff ? 1 : 0)) | 0
        v0l = low | 0
        let high = (v1h << 13) | (v1l >>> 19)
        v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l
        v1h = high ^ v0h
        let swap = v0l
        v0l = v0h
        v0h = swap
        // v2 += v3; v3 <<<= 16; v3 ^= v2
        low = (v2l >>> 0) + (v3l >>> 0)
        v2h = (v2h + v3h + (low > 0xffffffff ? 1 : 0)) | 0
        v2l = low | 0
        high = (v3h << 16) | (v3l >>> 16)
        v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l
        v3h = high ^ v2h
        // v0 += v3; v3 <<<= 21; v3 ^= v0
        low = (v0l >>> 0) + (v3l >>> 0)
        v0h = (v0h + v3h + (low > 0xffffffff ? 1 : 0)) | 0
        v0l = low | 0
        high = (v3h << 21) | (v3l >>> 11)
        v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l
        v3h = high ^ v0h
        // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
        low = (v2l >>> 0) + (v1l >>> 0)
        v2h = (v2h + v1h + (low > 0xffffffff ? 1 : 0)) | 0
        v2l = low | 0
        high = (v1h << 17) | (v1l >>> 15)
        v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l
        v1h = high ^ v2h
        swap = v2l
        v2l = v2h
        v2h = swap
      }
    }
    const absorb = (low: number, high: number) => {
      v3l ^= low
      v3h ^= high
      rounds(2)
      v0l ^= low
      v0h ^= high
    }

    const length = text.length
    let at = 0
    for (; at + 4 <= length; at += 4) {
      absorb(
        text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16),
        text.charCodeAt(at + 2) | (text.charCodeAt(at + 3) << 16),
      )
    }
    const rest = length - at
    const low = (rest > 0 ? text.charCodeAt(at) : 0) | (rest > 1 ? text.charCodeAt(at + 1) << 16 : 0)
    absorb(low, (rest > 2 ? text.charCodeAt(at + 2) : 0) | (((length * 2) & 0xff) << 24))
    v2l ^= 0xff
    rounds(4)
    return ((v0l ^ v1l ^ v2l ^ v3l) >>> 0).toString(16).padStart(8, "0")
  }
}

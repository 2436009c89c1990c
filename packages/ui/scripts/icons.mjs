// Draws the mark of public/icon.svg as the PNGs that systems want: coverage by distance to its strokes, no library.
import { mkdirSync, writeFileSync } from "node:fs"
import { crc32, deflateSync } from "node:zlib"

const ground = [0x17, 0x18, 0x1a]
const ink = [0xf4, 0xf4, 0xf2]
const cubic = (a, b, c, d) =>
  Array.from({ length: 25 }, (_, index) => {
    const t = index / 24
    const u = 1 - t
    const at = (axis) => u ** 3 * a[axis] + 3 * u * u * t * b[axis] + 3 * u * t * t * c[axis] + t ** 3 * d[axis]
    return [at(0), at(1)]
  })
/** In the units of the SVG, 20 to a side. */
const strokes = [
  [
    [6.6, 4.9],
    [6.6, 15.1],
  ],
  [
    [13.4, 4.9],
    ...cubic([13.4, 6.5], [13.4, 8.7], [11.9, 9.9], [10, 10.7]),
    ...cubic([10, 10.7], [8.1, 11.5], [6.6, 12.7], [6.6, 14.6]),
  ],
]
const halfWidth = 0.95

const distance = ([x, y], [ax, ay], [bx, by]) => {
  const [dx, dy] = [bx - ax, by - ay]
  const length = dx * dx + dy * dy
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length))
  return Math.hypot(x - ax - t * dx, y - ay - t * dy)
}
const toInk = (point) =>
  Math.min(...strokes.flatMap((line) => line.slice(1).map((end, index) => distance(point, line[index], end)))) -
  halfWidth

const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

/** The whole square is filled, so that a system can cut any shape out of it. */
const png = (size) => {
  const rows = Buffer.alloc(size * (size * 3 + 1))
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const pixel = size / 20
      const cover = Math.min(1, Math.max(0, 0.5 - toInk([(x + 0.5) / pixel, (y + 0.5) / pixel]) * pixel))
      const at = y * (size * 3 + 1) + 1 + x * 3
      for (const band of [0, 1, 2]) rows[at + band] = Math.round(ground[band] + (ink[band] - ground[band]) * cover)
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ])
}

const web = new URL("../dist/web/", import.meta.url)
mkdirSync(web, { recursive: true })
for (const size of [180, 192, 512]) writeFileSync(new URL(`icon-${size}.png`, web), png(size))

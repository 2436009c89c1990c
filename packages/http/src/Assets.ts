/** Static files of a page, by the paths that a browser asks for. */

export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>
  readonly type: string
  /** `br` or `gzip` where the file is there compressed, and the client takes it. */
  readonly encoding?: "br" | "gzip"
  readonly etag: string
  /** Whether its name changes with its content, so that it may be kept for good. */
  readonly immutable: boolean
}

export interface Assets {
  /**
   * The file of a path such as `/assets/index-1a2b3c4d.js`. Paths of the page's own routes give its first document; other
   * paths that are no file give nothing.
   * @param accepts what the client says that it can decompress: `br`, `gzip`.
   */
  readonly get: (path: string, accepts: ReadonlyArray<string>) => Promise<Asset | undefined>
}

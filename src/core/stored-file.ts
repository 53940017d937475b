/** A file on this machine's disk that a request brought along. */
export interface StoredFile {
  readonly path: string
  /** In bytes. */
  readonly size: number
}

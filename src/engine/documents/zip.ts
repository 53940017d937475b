/** A file in a ZIP archive, by where its packed bytes are. */
export interface ZipEntry {
  readonly name: string
  readonly start: number
  readonly packed: number
  readonly isDeflated: boolean
}

/**
 * The list at an archive's end of what it holds, APPNOTE.TXT 4.3.12: its names stand in it in clear.
 * Empty where there is none; all before it may be missing.
 */
export function zipDirectory(archive: Buffer): Buffer {
  const end = archive.lastIndexOf('PK\u0005\u0006')
  if (end < 0 || end + 20 > archive.length) return Buffer.alloc(0)
  return archive.subarray(Math.max(0, end - archive.readUInt32LE(end + 12)), end)
}

/** The files that its list names. */
export function* zipEntries(archive: Buffer): Generator<ZipEntry> {
  const directory = zipDirectory(archive)
  let at = 0
  while (at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50) {
    const local = directory.readUInt32LE(at + 42)
    if (local + 30 > archive.length) return
    const [name = 0, extra = 0, comment = 0] = [28, 30, 32].map((offset) =>
      directory.readUInt16LE(at + offset),
    )
    yield {
      name: directory.toString('utf8', at + 46, at + 46 + name),
      start: local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28),
      packed: directory.readUInt32LE(at + 20),
      isDeflated: directory.readUInt16LE(at + 10) === 8,
    }
    at += 46 + name + extra + comment
  }
}

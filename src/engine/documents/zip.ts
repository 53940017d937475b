/** A file in a ZIP archive, by where its packed bytes are. */
export interface ZipEntry {
  readonly name: string
  readonly start: number
  readonly packed: number
  readonly isDeflated: boolean
}

/** The entries of the central directory, APPNOTE.TXT 4.3.12; none where there is no directory. */
export function* zipEntries(archive: Buffer): Generator<ZipEntry> {
  const end = archive.lastIndexOf('PK\u0005\u0006')
  if (end < 0 || end + 20 > archive.length) return
  let at = archive.readUInt32LE(end + 16)
  while (at + 46 <= end && archive.readUInt32LE(at) === 0x02014b50) {
    const local = archive.readUInt32LE(at + 42)
    if (local + 30 > archive.length) return
    const [name = 0, extra = 0, comment = 0] = [28, 30, 32].map((offset) =>
      archive.readUInt16LE(at + offset),
    )
    yield {
      name: archive.toString('utf8', at + 46, at + 46 + name),
      start: local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28),
      packed: archive.readUInt32LE(at + 20),
      isDeflated: archive.readUInt16LE(at + 10) === 8,
    }
    at += 46 + name + extra + comment
  }
}

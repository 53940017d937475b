import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import type { Database } from '../db/database.ts'
import { fileOf } from '../engine/documents/files.ts'
import type { FileUpload } from '../engine/node/run-input.ts'
import { holdStaging, type Staging } from './staging.ts'

/** Of all files of a loader together. */
const mostBytes = 200 * 1024 * 1024
const partBytes = 256 * 1024

/**
 * Keeps files for a loader. Throws PAYLOAD_TOO_LARGE for more than 200 MiB, BAD_REQUEST for what is
 * no file, CONFLICT as `holdStaging` does.
 */
export async function stageFiles(
  open: () => SqlEntityManager,
  staging: Staging,
  files: readonly FileUpload[],
): Promise<void> {
  let total = 0
  for (const file of files) {
    const fileId = newId()
    let size = 0
    let partNo = 0
    await addFile(open(), staging, { fileId, file })
    for await (const part of partsOf(file)) {
      size += part.length
      if (total + size > mostBytes) throw tooMuch()
      await addPart(open(), staging, { fileId, partNo, part })
      partNo += 1
    }
    await open().transactional((em) =>
      em.execute('update document_file set size = ? where id = ?', [size, fileId]),
    )
    total += size
  }
}

/** Files that a loader keeps, laid out on disk until `release` is called. */
export async function keptFiles(
  { deps }: Pick<Ctx, 'deps'>,
  workspaceId: string,
  { id, filesOf }: { readonly id: string; readonly filesOf?: string | null | undefined },
): Promise<{ readonly files: readonly FileUpload[]; readonly release: () => Promise<void> }> {
  const { database, spool } = deps
  const em = database.workspaceEm({ workspaceId })
  const uploads = spool.begin()
  const release = uploads.hold()
  try {
    const rows = await database.rows<{ id: string; name: string; mime: string }>(
      em,
      'select id, name, mime from document_file where doc_id = ? and staging_id = ? order by id',
      [id, filesOf ?? null],
    )
    const files: FileUpload[] = []
    for (const { id: fileId, name, mime } of rows) {
      const reference = await uploads.add(Readable.from(storedParts(database, em, fileId)))
      files.push({ name, mime, data: uploads.find(reference) ?? '' })
    }
    return { files, release }
  } catch (error) {
    await release()
    throw error
  }
}

async function addFile(
  em: SqlEntityManager,
  staging: Staging,
  { fileId, file }: { readonly fileId: string; readonly file: FileUpload },
): Promise<void> {
  const { id, docId, storeId, workspaceId } = staging
  await em.transactional(async (em) => {
    await holdStaging(em, staging)
    await em.execute(
      `insert into document_file (id, workspace_id, store_id, doc_id, staging_id, name, mime, size)
       values (?, ?, ?, ?, ?, ?, ?, 0)`,
      [fileId, workspaceId, storeId, docId, id, file.name, file.mime],
    )
  })
}

async function addPart(
  em: SqlEntityManager,
  staging: Staging,
  { fileId, partNo, part }: { readonly fileId: string; readonly partNo: number; part: Uint8Array },
): Promise<void> {
  await em.transactional(async (em) => {
    await holdStaging(em, staging)
    await em.execute(
      `insert into document_file_part (file_id, part_no, workspace_id, content)
       values (?, ?, ?, decode(?, 'base64'))`,
      [fileId, partNo, staging.workspaceId, Buffer.from(part).toString('base64')],
    )
  })
}

async function* partsOf(file: FileUpload): AsyncGenerator<Uint8Array> {
  const opened = fileOf(file)
  if ('stored' in opened) {
    yield* createReadStream(opened.stored.path, {
      highWaterMark: partBytes,
    }) as AsyncIterable<Buffer>
    return
  }
  const { bytes } = opened
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes)
}

async function* storedParts(
  database: Database,
  em: SqlEntityManager,
  fileId: string,
): AsyncGenerator<Buffer> {
  for (let partNo = 0; ; partNo += 1) {
    const [row] = await database.rows<{ content: string }>(
      em,
      `select encode(content, 'base64') as content from document_file_part
       where file_id = ? and part_no = ?`,
      [fileId, partNo],
    )
    if (!row) return
    yield Buffer.from(row.content, 'base64')
  }
}

function tooMuch(): Failure {
  const sentence = `A document loader keeps at most ${mostBytes / 1024 ** 2} MiB of files.`
  return new Failure('PAYLOAD_TOO_LARGE', sentence)
}

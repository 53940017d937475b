import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { SqlEntityManager } from '@mikro-orm/postgresql'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import type { Database } from '../db/database.ts'
import { fileOf } from '../engine/documents/files.ts'
import type { FileUpload } from '../engine/node/run-input.ts'
import { insertHeld, type StagingWrite } from './staging.ts'

/** Of all files of a loader together. */
const mostBytes = 200 * 1024 * 1024
const partBytes = 256 * 1024

/**
 * Keeps files for a loader. Throws PAYLOAD_TOO_LARGE for more than 200 MiB, BAD_REQUEST for what is
 * no file, CONFLICT as `insertHeld` does.
 */
export async function stageFiles(write: StagingWrite, files: readonly FileUpload[]): Promise<void> {
  let total = 0
  for (const file of files) {
    const fileId = newId()
    let size = 0
    let partNo = 0
    await addFile(write, { fileId, file })
    for await (const part of partsOf(file)) {
      size += part.length
      if (total + size > mostBytes) throw tooMuch()
      await addPart(write, { fileId, partNo, part })
      partNo += 1
    }
    const { database, em } = write
    await database.rows(em, 'update document_file set size = ? where id = ?', [size, fileId])
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
  write: StagingWrite,
  { fileId, file }: { readonly fileId: string; readonly file: FileUpload },
): Promise<void> {
  await insertHeld(write, 1, {
    sql: `insert into document_file
        (id, name, mime, size, workspace_id, store_id, doc_id, staging_id)
      select ?::uuid, ?::text, ?::text, 0, workspace_id, store_id, id, staging_id from held`,
    params: [fileId, file.name, file.mime],
  })
}

async function addPart(
  write: StagingWrite,
  { fileId, partNo, part }: { readonly fileId: string; readonly partNo: number; part: Uint8Array },
): Promise<void> {
  await insertHeld(write, 1, {
    sql: `insert into document_file_part (file_id, part_no, content, workspace_id)
      select ?::uuid, ?::int, ?::bytea, workspace_id from held`,
    params: [fileId, partNo, part],
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

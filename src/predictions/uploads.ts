import { readFile } from 'node:fs/promises'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import type { Upload } from '../engine/node/run-input.ts'

/** Models are shown no more, and a run holds it in memory. */
const mostBytes = 20 * 1024 * 1024

/**
 * The uploads of a question, those of a form with their content.
 * @throws Failure PAYLOAD_TOO_LARGE for more than 20 MB of them
 */
export async function withContent(
  { request }: Ctx,
  uploads: readonly Upload[],
): Promise<readonly Upload[]> {
  const stored = uploads.map(({ data }) => request.uploads?.find(data))
  const bytes = stored.reduce((sum, file) => sum + (file?.size ?? 0), 0)
  if (bytes > mostBytes) {
    const sentence = `The files of a question must have at most ${mostBytes} bytes together.`
    throw new Failure('PAYLOAD_TOO_LARGE', sentence)
  }
  return Promise.all(
    uploads.map(async (upload, at) => {
      const file = stored[at]
      if (file === undefined) return upload
      const base64 = await readFile(file.path, 'base64')
      return { ...upload, data: `data:${upload.mime};base64,${base64}` }
    }),
  )
}

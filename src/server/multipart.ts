import { Failure } from '../core/errors.ts'
import { parseJson } from '../core/json.ts'
import { isStorable } from '../core/text.ts'

/** Fields that hold JSON; they come as text, as all fields of a form do. */
const jsonFields = new Set(['overrideConfig', 'history', 'uploads', 'form', 'humanInput'])
const switches = new Set(['streaming'])
const mostParts = 1000

/**
 * The fields of a form (RFC 7578), with its files under `filesName` as `{type, name, mime, data}`.
 * @throws Failure BAD_REQUEST for a form that is malformed, or repeats a field.
 */
export async function readMultipart(
  bytes: Buffer,
  contentType: string,
  filesName: string,
): Promise<Record<string, unknown>> {
  const form = await parsed(bytes, contentType)
  const fields: Record<string, unknown> = Object.create(null)
  const files: unknown[] = []
  for (const [name, value] of form) {
    if (typeof value !== 'string') {
      files.push(await fileOf(value))
      continue
    }
    if (name in fields) throw new Failure('BAD_REQUEST', 'A form field must be given once.')
    fields[name] = fieldOf(name, value)
  }
  if (files.length === 0) return fields
  const given: unknown = fields[filesName]
  return {
    ...fields,
    [filesName]: [...(Array.isArray(given) ? (given as unknown[]) : []), ...files],
  }
}

async function parsed(bytes: Buffer, contentType: string): Promise<[string, string | File][]> {
  const body = new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } })
  try {
    const parts = [...(await body.formData())]
    if (parts.length <= mostParts) return parts
  } catch {
    throw new Failure('BAD_REQUEST', 'The body is not a well-formed multipart form.')
  }
  throw new Failure('BAD_REQUEST', `The form must have at most ${mostParts} parts.`)
}

function fieldOf(name: string, value: string): unknown {
  if (!isStorable(value)) {
    throw new Failure('BAD_REQUEST', 'The form holds a NUL or half of a surrogate pair.')
  }
  if (switches.has(name) && /^(?:true|false)$/.test(value)) return value === 'true'
  return jsonFields.has(name) && value !== '' ? parseJson(value, name) : value
}

async function fileOf(file: File): Promise<unknown> {
  const mime = file.type || 'application/octet-stream'
  const data = Buffer.from(await file.arrayBuffer()).toString('base64')
  const name = file.name.toWellFormed().replaceAll('\0', '').slice(0, 255)
  return { type: 'file', name, mime, data: `data:${mime};base64,${data}` }
}

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Busboy, type BusboyEvents, type BusboyInstance } from '@fastify/busboy'
import { Failure } from '../core/errors.ts'
import { parseRequestJson } from '../core/json.ts'
import { isStorable } from '../core/text.ts'
import type { Uploads } from '../platform/spool.ts'

/** A form as it came: texts by name, and files that wait on disk. */
export interface Form {
  readonly fields: ReadonlyMap<string, string>
  readonly files: readonly FormFile[]
}

export interface FormFile {
  /** The name of its field. */
  readonly field: string
  readonly name: string
  readonly mime: string
  /** What names it in the arguments of this request. */
  readonly reference: string
}

const mostParts = 1000

/**
 * Reads a form (RFC 7578) while it comes in; its files go to disk.
 * @throws Failure BAD_REQUEST for a form that is malformed, or repeats a field; PAYLOAD_TOO_LARGE
 *   for a field, not a file, of more than `fieldBytes`.
 */
export async function readForm(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
  { uploads, fieldBytes }: { readonly uploads: Uploads; readonly fieldBytes: number },
): Promise<Form> {
  const fields = new Map<string, string>()
  const files: Promise<FormFile>[] = []
  const failed = new AbortController()
  const fail = (error: unknown): void => failed.abort(error)
  const onField = (...[name, value, , isCut]: Parameters<BusboyEvents['field']>): void => {
    const problem = isCut ? tooLong(name, fieldBytes) : problemOf(fields, name, value)
    if (problem) fail(problem)
    fields.set(name, value)
  }
  const onFile = (...[field, content, name, , mime]: Parameters<BusboyEvents['file']>): void => {
    const file = fileOf(uploads, content, { field, name, mime })
    file.catch(fail)
    files.push(file)
  }
  const onLimit = (): void =>
    fail(new Failure('BAD_REQUEST', `The form must have at most ${mostParts} parts.`))
  const parser = open(contentType, fieldBytes)
  parser.on('field', onField).on('file', onFile).on('partsLimit', onLimit)
  await parsed(body, parser, failed.signal)
  return { fields, files: await Promise.all(files) }
}

/** Fields that hold JSON; they come as text, as all fields of a form do. */
const jsonFields = new Set(['overrideConfig', 'history', 'uploads', 'form', 'humanInput'])
const switches = new Set(['streaming', 'detached', 'replaceExisting'])

/**
 * A form as the arguments of a REST call: its files under `filesName`, as
 * `{type, name, mime, data}` with a reference for data.
 */
export function argumentsOf({ fields, files }: Form, filesName: string): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null)
  for (const [name, value] of fields) values[name] = fieldOf(name, value)
  if (files.length === 0) return values
  const given = Array.isArray(values[filesName]) ? (values[filesName] as unknown[]) : []
  return { ...values, [filesName]: [...given, ...files.map(asArgument)] }
}

/**
 * A form as a GraphQL request with files in its variables, as the GraphQL multipart request
 * specification (v2) has it. @throws Failure BAD_REQUEST for a form that is none.
 */
export function operationOf({ fields, files }: Form): Record<string, unknown> {
  const operation = objectIn(fields, 'operations')
  const byField = new Map(files.map((file) => [file.field, file]))
  for (const [field, paths] of Object.entries(objectIn(fields, 'map'))) {
    const file = byField.get(field)
    if (!file || !Array.isArray(paths)) throw malformed('map')
    for (const path of paths) place(operation, String(path).split('.'), asArgument(file))
  }
  return operation
}

function open(contentType: string, fieldSize: number): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      limits: { parts: mostParts, fieldSize, fieldNameSize: 255, headerPairs: 20 },
    })
  } catch {
    throw new Failure('BAD_REQUEST', 'The body is not a well-formed multipart form.')
  }
}

async function parsed(
  body: AsyncIterable<Uint8Array>,
  parser: BusboyInstance,
  signal: AbortSignal,
): Promise<void> {
  try {
    await pipeline(Readable.from(body), parser, { signal })
    signal.throwIfAborted()
  } catch (error) {
    const cause: unknown = signal.aborted ? signal.reason : error
    if (cause instanceof Failure) throw cause
    throw new Failure('BAD_REQUEST', 'The body is not a well-formed multipart form.')
  }
}

async function fileOf(
  uploads: Uploads,
  content: Readable,
  about: { readonly field: string; readonly name?: string; readonly mime: string },
): Promise<FormFile> {
  const reference = await uploads.add(content)
  const name = (about.name ?? '').toWellFormed().replaceAll('\0', '').slice(0, 255)
  return { field: about.field, name, mime: about.mime || 'application/octet-stream', reference }
}

function problemOf(known: ReadonlyMap<string, string>, name: string, value: string) {
  if (known.has(name)) return new Failure('BAD_REQUEST', 'A form field must be given once.')
  if (isStorable(value)) return null
  return new Failure('BAD_REQUEST', 'The form holds a NUL or half of a surrogate pair.')
}

function tooLong(name: string, most: number): Failure {
  const sentence = `The form field ${name.slice(0, 50)} must have at most ${most} bytes.`
  return new Failure('PAYLOAD_TOO_LARGE', sentence)
}

function fieldOf(name: string, value: string): unknown {
  if (switches.has(name) && /^(?:true|false)$/.test(value)) return value === 'true'
  return jsonFields.has(name) && value !== '' ? parseRequestJson(value, name) : value
}

function asArgument({ name, mime, reference }: FormFile) {
  return { type: 'file', name, mime, data: reference }
}

function objectIn(fields: ReadonlyMap<string, string>, name: string): Record<string, unknown> {
  const value = parseRequestJson(fields.get(name) ?? 'null', name)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw malformed(name)
}

/** The place is `null` in the operation, and becomes the file. */
function place(operation: Record<string, unknown>, path: readonly string[], file: unknown): void {
  const last = path.at(-1) ?? ''
  const holder = path.slice(0, -1).reduce<unknown>((at, key) => {
    return isHolder(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }, operation)
  const isPlace = isHolder(holder) && Object.hasOwn(holder, last) && holder[last] === null
  if (path[0] !== 'variables' || !isPlace) throw malformed('map')
  holder[last] = file
}

function isHolder(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function malformed(name: string): Failure {
  const sentence = `The field ${name} is not as the GraphQL multipart request specification has it.`
  return new Failure('BAD_REQUEST', sentence)
}

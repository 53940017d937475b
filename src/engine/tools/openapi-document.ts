import { Failure } from '../../core/errors.ts'
import type { NodeContext } from '../node/context.ts'
import { isRecord } from '../text/paths.ts'
import { callHttp } from './http-call.ts'

/**
 * An OpenAPI document: in the flow, as text or as a data URI of the canvas, or at an address.
 * @throws Failure UPSTREAM when it cannot be fetched, UNPROCESSABLE when it cannot be read.
 */
export async function readOpenApi(
  source: { readonly file: string } | { readonly link: string },
  { ports, signal }: Pick<NodeContext, 'ports' | 'signal'>,
): Promise<Readonly<Record<string, unknown>>> {
  const written =
    'file' in source
      ? decoded(source.file)
      : await callHttp(ports.fetch, { url: source.link, method: 'GET', headers: {}, signal })
  const { parse } = await import('yaml')
  try {
    // JSON is YAML. Aliases are few in such documents; a bomb of them ends here.
    const document: unknown = parse(written, { maxAliasCount: 100 })
    if (isRecord(document)) return document
  } catch {
    // Told below.
  }
  throw new Failure('UNPROCESSABLE', 'The OpenAPI document is neither JSON nor YAML.')
}

function decoded(file: string): string {
  const base64 = /^data:[^,]*;base64,([^,]*)/.exec(file)?.[1]
  return base64 === undefined ? file : Buffer.from(base64, 'base64').toString('utf8')
}

import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { Answer, AnswerHeaders } from '../../rest/answer.ts'
import type { Endpoint, Exchange } from '../exchange.ts'

/** One file for browsers. */
export interface Asset {
  readonly path: string
  /** Content type, and for pages their policy. */
  readonly headers: AnswerHeaders
  /** The file, gzipped; called once, at the first visit. */
  load(): Promise<Uint8Array>
}

/** Hands out a file: made at the first visit, kept compressed, and not sent to whoever has it. */
export function assetEndpoint({ path, headers, load }: Asset): Endpoint {
  const give = giveAsset(headers, load)
  return { method: 'GET', path, answer: give }
}

/** The same for endpoints that also do something else. */
export function giveAsset(
  headers: AnswerHeaders,
  load: () => Promise<Uint8Array>,
): (exchange: Exchange) => Promise<Answer> {
  let loaded: Promise<Loaded> | null = null
  return async (exchange) => {
    loaded ??= load().then((compressed) => withTag(compressed, headers))
    try {
      return await answerWith(await loaded, exchange)
    } catch (error) {
      // The next visit tries again.
      loaded = null
      throw error
    }
  }
}

export const scriptType: AnswerHeaders = { 'content-type': 'text/javascript; charset=utf-8' }
export const styleType: AnswerHeaders = { 'content-type': 'text/css; charset=utf-8' }

/** A text, compressed as well as gzip can. */
export function compress(text: string): Promise<Uint8Array> {
  return promisify(gzip)(text, { level: 9 })
}

/** A file of text. Names of source maps go: there are none here, and browsers would ask. */
export async function compressFile(file: URL): Promise<Uint8Array> {
  const text = await readFile(file, 'utf8')
  return compress(text.replace(/\n(?:\/\/|\/\*)# sourceMappingURL=[^\n]*\s*$/, '\n'))
}

/** A script of ours, which stands in the folder beside this file. */
export function browserScript(path: string, name: string): Asset {
  const file = new URL(`browser/${name}`, import.meta.url)
  return { path, headers: scriptType, load: () => compressFile(file) }
}

interface Loaded {
  readonly compressed: Uint8Array
  readonly headers: AnswerHeaders
}

function withTag(compressed: Uint8Array, headers: AnswerHeaders): Loaded {
  return {
    compressed,
    headers: {
      ...headers,
      etag: `"${hash('sha256', compressed)}"`,
      vary: 'Accept-Encoding',
      // Asks again each time, and costs a 304 then: a new version shows at once.
      'cache-control': 'no-cache',
    },
  }
}

async function answerWith({ compressed, headers }: Loaded, exchange: Exchange): Promise<Answer> {
  if (exchange.headers['if-none-match'] === headers['etag']) {
    return { status: 304, headers, body: null }
  }
  if (/\bgzip\b/.test(exchange.headers['accept-encoding'] ?? '')) {
    return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: compressed }
  }
  return { status: 200, headers, body: await promisify(gunzip)(compressed) }
}

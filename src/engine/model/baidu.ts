import { createHmac } from 'node:crypto'
import type { NodeContext } from '../node/context.ts'
import { bearing, type Exchange } from './bearer.ts'
import { missing } from './parts.ts'

const host = 'iam.bj.baidubce.com'
const path = '/v1/BCE-BEARER/token'
const seconds = 86_400

/** Where Qianfan speaks OpenAI's format. */
export const qianfanUrl = 'https://qianfan.baidubce.com/v2'

/**
 * A fetch that carries the token for which Baidu's two keys are exchanged. An address that was
 * `drawn` may do without. @throws Failure UNPROCESSABLE
 */
export async function qianfanFetch(
  drawn: string,
  context: NodeContext,
): Promise<typeof globalThis.fetch> {
  const { qianfanAccessKey: id = '', qianfanSecretKey: key = '' } = await context.credential()
  if (id !== '' && key !== '') {
    return bearing(context, () => exchangeOf({ id, key }, context.ports.clock.now()))
  }
  if (drawn !== '') return context.ports.fetch
  throw missing(context, 'a credential with qianfanAccessKey and qianfanSecretKey')
}

/** Signed by version 1 of Baidu's authentication. */
function exchangeOf(
  { id, key }: { readonly id: string; readonly key: string },
  now: Date,
): Exchange {
  const query = `expireInSeconds=${seconds}`
  const prefix = `bce-auth-v1/${id}/${now.toISOString().slice(0, 19)}Z/1800`
  const signed = hmac(hmac(key, prefix), `GET\n${path}\n${query}\nhost:${host}`)
  return {
    url: `https://${host}${path}?${query}`,
    method: 'GET',
    headers: { authorization: `${prefix}/host/${signed}` },
    field: 'token',
  }
}

function hmac(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex')
}

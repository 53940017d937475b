import { createSign } from 'node:crypto'
import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { NodeContext } from '../node/context.ts'
import { isRecord, parseJson, textOf } from '../text/paths.ts'
import { withoutEndSlashes } from '../text/urls.ts'
import { bearing, type Exchange } from './bearer.ts'
import { missing } from './parts.ts'
import { hostPart } from './places.ts'

const tokenUrl = 'https://oauth2.googleapis.com/token'
const scope = 'https://www.googleapis.com/auth/cloud-platform'

/** Where the models of a project on Google Cloud are, and a fetch that may call them. */
export interface GooglePlace {
  /** Up to `publishers`, without the publisher. */
  readonly base: string
  readonly fetch: typeof globalThis.fetch
}

/**
 * `drawn` replaces the address of the region.
 * @throws Failure UNPROCESSABLE when the credential holds no service account, or none that signs.
 */
export async function googlePlace(
  { region, drawn }: { readonly region: string; readonly drawn: string },
  context: NodeContext,
): Promise<GooglePlace> {
  const account = await serviceAccount(context)
  const place = hostPart(region || 'us-central1', 'region', context)
  const host = place === 'global' ? 'aiplatform' : `${place}-aiplatform`
  const origin = withoutEndSlashes(drawn) || `https://${host}.googleapis.com`
  const project = encodeURIComponent(account.project)
  const seconds = () => Math.floor(context.ports.clock.now().getTime() / 1000)
  return {
    base: `${origin}/v1/projects/${project}/locations/${place}/publishers`,
    fetch: bearing(context, () => exchangeOf(account, seconds(), context)),
  }
}

interface ServiceAccount {
  readonly email: string
  readonly privateKey: string
  readonly project: string
}

/** Its file is never read: a path on this server is no secret of the workspace's. */
async function serviceAccount(context: NodeContext): Promise<ServiceAccount> {
  const { googleApplicationCredential = '', projectID = '' } = await context.credential()
  const json = parseJson(googleApplicationCredential)
  const account = isRecord(json) ? json : {}
  const email = textOf(account['client_email'])
  const privateKey = textOf(account['private_key'])
  const project = projectID || textOf(account['project_id'])
  if (email === '' || privateKey === '' || project === '') {
    throw missing(context, 'a credential with the JSON of a service account')
  }
  context.conceal(privateKey)
  return { email, privateKey, project }
}

/** RFC 7523: what the account signs is exchanged for a token. */
function exchangeOf(
  { email, privateKey }: ServiceAccount,
  now: number,
  { node }: NodeContext,
): Exchange {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: email, scope, aud: tokenUrl, iat: now, exp: now + 3600 }
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`
  const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  try {
    const signature = createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')
    const body = new URLSearchParams({ grant_type: grant, assertion: `${signed}.${signature}` })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return { url: tokenUrl, method: 'POST', headers, body, field: 'access_token' }
  } catch {
    const sentence = `The node ${nodeTitle(node)} cannot run: the key of its account is no RSA key.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
}

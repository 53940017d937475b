import type { NodeContext } from '../node/context.ts'
import { httpUrl, withoutEndSlashes } from '../text/urls.ts'
import { bearing, carrying, type Exchange } from './bearer.ts'
import { missing } from './parts.ts'
import { without, type Translation } from './translate.ts'

/** Where a project's models on watsonx are, and a fetch that may call them. */
export interface WatsonxPlace {
  readonly baseUrl: string
  readonly fetch: typeof globalThis.fetch
  readonly project: string
  /** The day whose API is spoken. */
  readonly version: string
}

/** `drawn` replaces the address of the credential. @throws Failure UNPROCESSABLE without either. */
export async function watsonxPlace(drawn: string, context: NodeContext): Promise<WatsonxPlace> {
  const credential = await context.credential()
  const { serviceUrl = '', projectId: project = '', version = '' } = credential
  const baseUrl = withoutEndSlashes(httpUrl(drawn || serviceUrl))
  if (baseUrl === undefined) throw missing(context, 'a credential with serviceUrl')
  return {
    baseUrl,
    project,
    version: version || '2024-05-31',
    fetch: fetchWith(credential, context),
  }
}

function fetchWith(credential: Readonly<Record<string, string>>, context: NodeContext) {
  const { watsonxAIApikey: key = '', watsonxAIBearerToken: token = '' } = credential
  if (key !== '') return bearing(context, () => exchangeOf(key))
  if (token === '') throw missing(context, 'a credential with watsonxAIApikey')
  const { fetch } = context.ports
  const withToken: typeof fetch = async (input, init) =>
    fetch(input, { ...init, headers: carrying(token, init?.headers) })
  return withToken
}

function exchangeOf(apikey: string): Exchange {
  const grant_type = 'urn:ibm:params:oauth:grant-type:apikey'
  return {
    url: 'https://iam.cloud.ibm.com/identity/token',
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({ grant_type, apikey }),
    field: 'access_token',
  }
}

/** Its chats are OpenAI's but for places and some names. */
export function chatTranslation({ baseUrl, project, version }: WatsonxPlace): Translation {
  return {
    request: ({ headers, body }) => {
      const { model: model_id, tool_choice, ...rest } = body
      const path = body['stream'] === true ? 'chat_stream' : 'chat'
      const choice = typeof tool_choice === 'string' ? 'tool_choice_option' : 'tool_choice'
      return {
        url: `${baseUrl}/ml/v1/text/${path}?version=${encodeURIComponent(version)}`,
        headers,
        body: {
          ...without(rest, 'stream', 'stream_options'),
          model_id,
          project_id: project,
          ...(tool_choice === undefined ? {} : { [choice]: tool_choice }),
        },
      }
    },
  }
}

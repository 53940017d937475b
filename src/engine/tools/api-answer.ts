import { Failure } from '../../core/errors.ts'
import type { NodeContext } from '../node/context.ts'
import { anchor, anything, text, type InputsOf } from '../node/inputs.ts'
import { askAloud } from '../talk/answering.ts'
import { parseLoose } from '../text/json.ts'
import { secretsOfHeaders } from '../text/named-secrets.ts'
import { filled } from '../text/template.ts'
import { callHttp, headersFrom } from './http-call.ts'

/** What both chains take that call a documented API. */
export const apiInputs = {
  model: anchor('chatModel'),
  /** Says where requests go; headers go to the hosts it names and to no other. */
  apiDocs: text({ endpoint: true }),
  headers: anything({ secret: true, acceptVariable: true }),
}

/** A call as a model has written it down. */
export interface WrittenCall {
  readonly url: string
  readonly body?: unknown
}

interface ApiWay {
  readonly method: 'GET' | 'POST'
  /** Holds `{api_docs}` and `{question}`. */
  readonly urlPrompt: string
  /** Holds `{api_response}` besides, and `{api_url}` or `{api_url_body}`. */
  readonly ansPrompt: string
  /** The call in a model's words; undefined when there is none. */
  readonly read: (said: string) => WrittenCall | undefined
}

const mostShown = 20_000

/**
 * Lets a model write down a call, makes it, and lets the model answer from what came back, be it
 * an error. @throws Failure UPSTREAM when the model writes down no call.
 */
export async function answerByApi(
  { model, apiDocs, headers }: InputsOf<typeof apiInputs>,
  way: ApiWay,
  context: NodeContext,
): Promise<string> {
  const values = { api_docs: apiDocs, question: context.input.question ?? '' }
  const { signal } = context
  const asked = [{ role: 'user', content: filled(way.urlPrompt, values) }] as const
  const { text: said } = await model.ask({ messages: asked, signal })
  const call = way.read(said)
  if (call === undefined) throw new Failure('UPSTREAM', 'The model named no address to call.')
  const response = await responseTo(call, { ...way, apiDocs, headers }, context)
  const content = filled(way.ansPrompt, {
    ...values,
    api_url: call.url,
    api_url_body: said.trim(),
    api_response: response.slice(0, mostShown),
  })
  return (await askAloud(model, [{ role: 'user', content }], context)).text
}

async function responseTo(
  { url, body }: WrittenCall,
  { method, apiDocs, headers }: Pick<ApiWay, 'method'> & { apiDocs: string; headers: unknown },
  { ports, signal, conceal }: NodeContext,
): Promise<string> {
  const drawn = headersFrom(typeof headers === 'string' ? parseLoose(headers) : headers)
  for (const secret of secretsOfHeaders(drawn)) conceal(secret)
  const own = isNamed(url, apiDocs) ? drawn : {}
  const sent = body === undefined ? {} : { body }
  try {
    return await callHttp(ports.fetch, { url, method, headers: own, signal, ...sent })
  } catch (error) {
    if (signal.aborted || !(error instanceof Failure)) throw error
    return `Error: ${error.message}`
  }
}

/** A question can talk a model into any address: the author's keys are for those of the author. */
function isNamed(url: string, apiDocs: string): boolean {
  if (!URL.canParse(url)) return false
  const hosts: readonly string[] =
    apiDocs.toLowerCase().match(/[\w-]+(?:\.[\w-]+)*(?::\d+)?/g) ?? []
  return hosts.includes(new URL(url).host)
}

import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { ChatMessage, ChatModel, ModelReply, ModelRequest } from '../node/instances.ts'
import { limits, withinLimit } from '../node/limits.ts'
import { readJsonAnswer } from '../text/json.ts'
import { isRecord, parseJson, textOf } from '../text/paths.ts'
import type { ModelWorld } from './chat-model.ts'
import { jsonInstruction } from './prompt.ts'
import type { Json } from './translate.ts'
import { noUsage } from './usage.ts'

export interface ReplicateSpec {
  readonly node: FlowNode
  readonly apiKey: string
  readonly baseUrl: string
  /** `owner/model`, or `owner/model:version`. */
  readonly modelName: string
  /** Beside the prompt. */
  readonly input: Json
}

/** How often a prediction is asked whether it is done. */
const pauseMs = 1000

/** A handle on a model of Replicate, which continues a text and knows neither chats nor tools. */
export function createReplicateModel(spec: ReplicateSpec, world: ModelWorld): ChatModel {
  return {
    kind: 'chatModel',
    modelName: spec.modelName,
    acceptsImages: false,
    ask: (request) => ask(spec, world, request),
  }
}

async function ask(
  spec: ReplicateSpec,
  { fetch, signal: own }: ModelWorld,
  { messages, tools = [], schema, onToken, signal: given }: ModelRequest,
): Promise<ModelReply> {
  const who = `The provider of ${nodeTitle(spec.node)}`
  if (tools.length > 0) throw new Failure('UNPROCESSABLE', `${who} has no models that call tools.`)
  const late = () =>
    new Failure('TIMEOUT', `${who} did not answer within ${limits.model / 1000} s.`)
  const signals = [own, ...(given === undefined ? [] : [given])]
  const hint = schema === undefined ? [] : jsonInstruction('openai-compatible', schema)
  const prompt = promptOf([...hint, ...messages])
  const text = await withinLimit({ ms: limits.model, signals, late }, (signal) =>
    predicted(spec, prompt, { who, fetch, signal }),
  )
  onToken?.(text)
  return {
    text,
    toolCalls: [],
    message: { role: 'assistant', content: text },
    usage: noUsage,
    finishReason: 'stop',
    ...(schema === undefined ? {} : { json: readJsonAnswer(text, who) }),
  }
}

/** What was said, one after the other; who said it only where it was more than one. */
function promptOf(messages: readonly ChatMessage[]): string {
  const spoken = messages.filter(({ role }) => role !== 'system')
  if (spoken.length < 2) return messages.map(({ content }) => content).join('\n\n')
  const lines = messages.map(({ role, content }) =>
    role === 'system' ? content : `${role === 'user' ? 'Human' : 'Assistant'}: ${content}`,
  )
  return [...lines, 'Assistant:'].join('\n\n')
}

interface Call extends ModelWorld {
  readonly who: string
}

async function predicted(spec: ReplicateSpec, prompt: string, call: Call): Promise<string> {
  const [model = '', version] = spec.modelName.split(':')
  const path = version === undefined ? `/models/${model}/predictions` : '/predictions'
  const input = { prompt, ...spec.input }
  let prediction = await send(spec, path, { ...call, body: { input, ...(version && { version }) } })
  while (['starting', 'processing'].includes(textOf(prediction['status']))) {
    await pause(pauseMs, undefined, { signal: call.signal })
    const id = encodeURIComponent(textOf(prediction['id']))
    prediction = await send(spec, `/predictions/${id}`, call)
  }
  const { status, output, error } = prediction
  if (status === 'succeeded') return Array.isArray(output) ? output.join('') : textOf(output)
  throw new Failure('UPSTREAM', `${call.who} failed: ${textOf(error) || textOf(status)}`)
}

async function send(
  { baseUrl, apiKey }: ReplicateSpec,
  path: string,
  { fetch, signal, who, body }: Call & { readonly body?: Json },
): Promise<Json> {
  const response = await fetch(baseUrl + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      'content-type': 'application/json',
      ...(apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    signal,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const answer = parseJson(text)
  if (response.ok && isRecord(answer)) return answer
  throw new Failure('UPSTREAM', `${who} answered ${response.status}: ${text.trim().slice(0, 300)}`)
}

import { isRecord, parseJson, textOf } from '../text/paths.ts'
import type { Json } from './translate.ts'

type Fetch = typeof globalThis.fetch

/** What Ollama takes in its own format only. */
export interface OwnWords {
  /** Such as `num_ctx`: how much of a conversation the model is shown. */
  readonly options: Json
  /** Seconds, or a text with a unit. */
  readonly keep_alive?: string | number
  readonly think?: boolean
}

/** A fetch for OpenAI's format that asks an Ollama server in its own. */
export function inOllamasFormat(fetch: Fetch, own: OwnWords): Fetch {
  return async (input, init) => {
    const given = input instanceof Request ? input.url : String(input)
    const body = typeof init?.body === 'string' ? parseJson(init.body) : undefined
    const asked = isRecord(body) ? body : {}
    const url = given.replace(/(?:\/v1)?\/chat\/completions$/, '/api/chat')
    const response = await fetch(url, { ...init, body: JSON.stringify(requestOf(asked, own)) })
    if (!response.ok) {
      const after = response.headers.get('retry-after')
      const headers = after === null ? {} : { 'retry-after': after }
      return Response.json(errorOf(await response.text()), { status: response.status, headers })
    }
    if (asked['stream'] !== true) return Response.json(answerOf(await response.json(), 'message'))
    const headers = { 'content-type': 'text/event-stream' }
    return new Response(response.body?.pipeThrough(asEvents()) ?? null, { headers })
  }
}

function requestOf(asked: Json, { options, ...own }: OwnWords): Json {
  const { model, stream, tools, temperature, top_p, max_tokens: num_predict, stop } = asked
  const messages = recordsIn(asked['messages'])
  const names = new Map(
    messages.flatMap((message) =>
      recordsIn(message['tool_calls']).map(({ id, function: called }) => [id, called] as const),
    ),
  )
  return {
    model,
    stream: stream === true,
    // It knows no other way to keep a model from calling.
    tools: asked['tool_choice'] === 'none' ? undefined : tools,
    messages: messages.map((message) => messageOf(message, names)),
    format: formatOf(asked['response_format']),
    options: { temperature, top_p, num_predict, stop, ...options },
    ...own,
  }
}

/** Pictures stand beside the text, arguments are no text, and results have the name of their tool. */
function messageOf(message: Json, names: ReadonlyMap<unknown, unknown>): Json {
  const { role, content, tool_calls, tool_call_id: id } = message
  const parts = recordsIn(content)
  const text = parts.map((part) => textOf(part['text'])).join('')
  const images = parts.flatMap(({ image_url: image }) =>
    isRecord(image) ? [textOf(image['url']).replace(/^data:[^,]*,/, '')] : [],
  )
  const called = names.get(id)
  const calls = recordsIn(tool_calls).map((call) => ({ function: callOf(call['function']) }))
  return {
    role,
    content: Array.isArray(content) ? text : textOf(content),
    ...(images.length === 0 ? {} : { images }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(isRecord(called) ? { tool_name: called['name'] } : {}),
  }
}

function callOf(called: unknown): Json {
  if (!isRecord(called)) return {}
  const { name, arguments: given } = called
  return { name, arguments: typeof given === 'string' ? (parseJson(given) ?? {}) : given }
}

function formatOf(wanted: unknown): unknown {
  if (!isRecord(wanted) || wanted['type'] === 'text') return undefined
  const { json_schema: form } = wanted
  return isRecord(form) ? form['schema'] : 'json'
}

function answerOf(told: unknown, name: 'message' | 'delta'): Json {
  const { message, done, done_reason, error, ...counts } = isRecord(told) ? told : {}
  if (error !== undefined) return { error }
  const { thinking, ...says } = isRecord(message) ? message : {}
  return {
    choices: [
      {
        index: 0,
        [name]: { ...says, ...(thinking === undefined ? {} : { reasoning_content: thinking }) },
        finish_reason: done === true ? (done_reason ?? 'stop') : null,
      },
    ],
    ...(done === true
      ? {
          usage: {
            prompt_tokens: counts['prompt_eval_count'] ?? 0,
            completion_tokens: counts['eval_count'] ?? 0,
          },
        }
      : {}),
  }
}

/** Lines of JSON as an event stream. */
function asEvents(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let rest = ''
  const tell = (line: string): Uint8Array => {
    const told = parseJson(line)
    // What is no JSON is told of by who reads it.
    const event = told === undefined ? line : JSON.stringify(answerOf(told, 'delta'))
    const end = isRecord(told) && told['done'] === true ? 'data: [DONE]\n\n' : ''
    return encoder.encode(`data: ${event}\n\n${end}`)
  }
  return new TransformStream({
    transform(piece, controller) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.trim() !== '') controller.enqueue(tell(line))
    },
    flush(controller) {
      if (rest.trim() !== '') controller.enqueue(tell(rest))
    },
  })
}

function errorOf(text: string): Json {
  const told = parseJson(text)
  const error = isRecord(told) ? told['error'] : undefined
  return { error: isRecord(error) ? error : { message: textOf(error) || text } }
}

function recordsIn(list: unknown): Json[] {
  return Array.isArray(list) ? list.filter(isRecord) : []
}

import { Failure } from '../../core/errors.ts'
import type { JsonSchema } from '../node/instances.ts'
import { eventData } from '../text/event-stream.ts'
import { isRecord, parseJson, textOf } from '../text/paths.ts'

type Json = Readonly<Record<string, unknown>>

export interface McpServer {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

interface World {
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
}

export interface McpTool {
  readonly name: string
  readonly description: string
  readonly schema: JsonSchema
}

const version = '2025-06-18'
/** More would not fit a model's context. */
const maxTools = 128
const maxPages = 20

/** The tools that an MCP server offers over Streamable HTTP. @throws Failure UPSTREAM, TIMEOUT. */
export async function listMcpTools(server: McpServer, world: World): Promise<McpTool[]> {
  return inSession(server, world, async (ask) => {
    const tools: McpTool[] = []
    let cursor: Json = {}
    for (let page = 0; page < maxPages && tools.length < maxTools; page += 1) {
      const result = await ask('tools/list', cursor)
      const listed = Array.isArray(result['tools']) ? result['tools'].filter(isRecord) : []
      tools.push(...listed.map(toolOf))
      if (typeof result['nextCursor'] !== 'string') break
      cursor = { cursor: result['nextCursor'] }
    }
    return tools.slice(0, maxTools)
  })
}

/** What a tool of the server says to these arguments. @throws Failure UPSTREAM, TIMEOUT. */
export async function callMcpTool(
  server: McpServer,
  call: { readonly name: string; readonly arguments: Json },
  world: World,
): Promise<string> {
  const result = await inSession(server, world, (ask) => ask('tools/call', { ...call }))
  const parts = Array.isArray(result['content']) ? result['content'].filter(isRecord) : []
  const text = parts
    .map((part) => (part['type'] === 'text' ? textOf(part['text']) : JSON.stringify(part)))
    .join('\n')
  if (result['isError'] === true) throw new Failure('UPSTREAM', text || `${call.name} failed.`)
  return text
}

function toolOf({ name, description, inputSchema }: Json): McpTool {
  const schema = isRecord(inputSchema) ? inputSchema : {}
  return {
    name: textOf(name),
    description: (textOf(description) || textOf(name)).slice(0, 1024),
    schema: { type: 'object', properties: {}, ...schema },
  }
}

type Ask = (method: string, params: Json) => Promise<Json>

/** Opens a session, does the work in it, and ends it, so that no server has to keep it. */
async function inSession<T>(
  server: McpServer,
  world: World,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  const session: Record<string, string> = {}
  let id = 0
  const ask: Ask = async (method, params) => {
    id += 1
    const { host } = new URL(server.url)
    const response = await post(server, { id, method, params }, { ...world, session })
    const opened = response.headers.get('mcp-session-id')
    if (opened !== null) session['mcp-session-id'] = opened
    return resultOf(await answerTo(id, response), host)
  }
  try {
    const clientInfo = { name: 'flowgate', version: '1' }
    const hello = { protocolVersion: version, capabilities: {}, clientInfo }
    const { protocolVersion } = await ask('initialize', hello)
    session['mcp-protocol-version'] = textOf(protocolVersion) || version
    const told = await post(server, { method: 'notifications/initialized' }, { ...world, session })
    await told.body?.cancel()
    return await work(ask)
  } finally {
    if (session['mcp-session-id'] !== undefined) await endSession(server, { ...world, session })
  }
}

interface Talk extends World {
  readonly session: Readonly<Record<string, string>>
}

async function post({ url, headers }: McpServer, message: Json, talk: Talk): Promise<Response> {
  const response = await talk.fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...headers,
      ...talk.session,
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    signal: talk.signal,
  })
  if (response.ok) return response
  const words = (await response.text()).trim().slice(0, 300)
  throw new Failure('UPSTREAM', `${new URL(url).host} answered ${response.status}: ${words}`)
}

/** A server may not let sessions be ended; what was asked for is there already. */
async function endSession({ url, headers }: McpServer, talk: Talk): Promise<void> {
  const { fetch, session, signal } = talk
  const ended = fetch(url, { method: 'DELETE', headers: { ...headers, ...session }, signal })
  await ended.then((response) => response.body?.cancel()).catch(() => undefined)
}

/** The message with the id: the answer itself, or one among others in a stream. */
async function answerTo(id: number, response: Response): Promise<Json | undefined> {
  const isAnswer = (message: unknown): message is Json =>
    isRecord(message) && message['id'] === id && !('method' in message)
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  if (!isStream || response.body === null)
    return [parseJson(await response.text())].flat().find(isAnswer)
  for await (const events of eventData(response.body)) {
    const found = events.flatMap((data) => parseJson(data)).find(isAnswer)
    if (found !== undefined) return found
  }
  return undefined
}

function resultOf(answer: Json | undefined, host: string): Json {
  if (isRecord(answer?.['result'])) return answer['result']
  const error = answer?.['error']
  const words = isRecord(error) ? `: ${textOf(error['message']).slice(0, 300)}` : ' unreadably.'
  throw new Failure('UPSTREAM', `${host} answered${words}`)
}

import { MCPMock } from '@copilotkit/aimock'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { isInstance, type Tool } from '../../src/engine/node/instances.ts'
import { createEgress } from '../../src/platform/egress/egress.ts'
import { buildNode, draw, failureOf, run, startProvider, startStub, type Told } from './harness.ts'
import { call, linesOf, script, start } from './script.ts'

const mcp = new MCPMock({ port: 0 })
let url: string
let egress: ReturnType<typeof createEgress>
let stub: Awaited<ReturnType<typeof startStub>> | undefined

beforeAll(async () => {
  url = await mcp.start()
  egress = createEgress({ allow: [new URL(url).host] })
  const inputSchema = { type: 'object', properties: { sock: { type: 'string' } } }
  mcp.addTool({ name: 'wash it', description: 'Washes.', inputSchema })
  mcp.onToolCall('wash it', (args) => `clean ${(args as { sock: string }).sock}`)
  mcp.addTool({ name: 'tear' })
  mcp.onToolCall('tear', () => {
    throw new Error('it is wool')
  })
  mcp.addTool({ name: 'show' })
  mcp.onToolCall('show', () => [
    { type: 'text', text: 'a sock' },
    { type: 'image', data: 'AA==', mimeType: 'image/png' },
  ])
})
afterEach(async () => {
  await stub?.stop()
  stub = undefined
})
afterAll(async () => {
  await egress.close()
  await mcp.stop()
})

const signal = new AbortController().signal
const config = () => JSON.stringify({ url })
const told = (ports: Told['ports'] = {}): Told => ({ ports: { fetch: egress.fetch, ...ports } })

async function toolsOf(inputs: Record<string, unknown>, world = told()): Promise<Tool[]> {
  const built = await buildNode({ name: 'customMCP', inputs }, world)
  return [built].flat().filter((tool) => isInstance(tool, 'tool'))
}

const first = async (mcpActions: unknown): Promise<Tool> => {
  const [tool] = await toolsOf({ mcpServerConfig: config(), mcpActions })
  if (tool === undefined) throw new Error('there is no tool')
  return tool
}

describe('an MCP server', () => {
  test('offers the actions that are chosen, under names that models may call', async () => {
    const inputs = { mcpServerConfig: config(), mcpActions: '["wash it","tear","gone"]' }
    expect(await toolsOf(inputs)).toMatchObject([
      { name: 'wash_it', description: 'Washes.', schema: { properties: { sock: {} } } },
      { name: 'tear', description: 'tear', schema: { type: 'object', properties: {} } },
    ])
  })

  test('does what it is called for, and keeps no session', async () => {
    const wash = await first(['wash it'])
    expect(await wash.run({ sock: 'red' }, { signal })).toBe('clean red')
    expect(await (await first(['show'])).run({}, { signal })).toBe(
      'a sock\n{"type":"image","data":"AA==","mimeType":"image/png"}',
    )
    expect(mcp.getSessions().size).toBe(0)
  })

  test('tells the model what went wrong', async () => {
    const failure = await failureOf((await first(['tear'])).run({}, { signal }))
    expect([failure.code, failure.message]).toEqual(['UPSTREAM', 'it is wool'])
    expect(mcp.getSessions().size).toBe(0)
  })

  test('names its actions where none is chosen', async () => {
    const failure = await failureOf(toolsOf({ mcpServerConfig: config(), mcpActions: [] }))
    expect(failure.message).toMatch(/"x" \(x_0\).*mcpActions: wash it, tear, show/)
  })

  test('is given variables of the workspace as they are', async () => {
    const sent: unknown[] = []
    stub = await startStub((request, response) => {
      sent.push(request.headers['x-token'])
      response.writeHead(403).end(`who is ${request.headers['x-token'] as string}?`)
    })
    const mcpServerConfig = `{"url":"${stub.baseUrl}","headers":{"X-Token":"{{$vars.token}}"}}`
    const token = '","url":"http://evil.example'
    const world = told({ fetch: stub.fetch, variables: async () => ({ token }) })
    const failure = await failureOf(toolsOf({ mcpServerConfig, mcpActions: ['a'] }, world))
    expect(sent).toEqual([token])
    expect(failure.message).toMatch(/"x" \(x_0\) cannot run: 127.* answered 403: who is/)
  })

  test('is not exchanged by callers for another', async () => {
    const names = ['mcpServerConfig', 'mcpActions'].map((name) => ({ name, enabled: true }))
    const tools = await toolsOf(
      { mcpServerConfig: config(), mcpActions: ['tear'] },
      {
        ...told(),
        apiConfig: { overrideConfig: { status: true, nodes: { x: names } } },
        input: {
          overrideConfig: { mcpServerConfig: { url: 'http://evil.example' }, mcpActions: ['show'] },
        },
      },
    )
    expect(tools.map(({ name }) => name)).toEqual(['tear'])
  })

  test.each([
    ['a command', { command: 'npx', args: ['x'] }, /starts no MCP servers by command/],
    ['a file', { url: 'file:///etc/passwd' }, /needs the address of an MCP server/],
    ['nothing', '', /needs the address of an MCP server/],
    ['no JSON', '{', /"mcpServerConfig" must be a JSON object/],
  ])('%s is refused', async (_what, mcpServerConfig, message) => {
    const node = { name: 'customMcpServerTool', inputs: { mcpServerConfig } }
    const failure = await failureOf(buildNode(node, told()))
    expect([failure.code, failure.message]).toEqual([
      'UNPROCESSABLE',
      expect.stringMatching(message),
    ])
  })
})

test('an answer among others in a stream is found, and the stream is left', async () => {
  const bodies: string[] = []
  stub = await startStub((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      bodies.push(body)
      const { id, method } = JSON.parse(body) as { id?: number; method: string }
      if (id === undefined) return response.writeHead(202).end()
      response.setHeader('content-type', 'text/event-stream')
      const result = method === 'tools/list' ? { tools: [{ name: 'a' }] } : {}
      const note = { jsonrpc: '2.0', method: 'notifications/message', params: {} }
      const ping = { jsonrpc: '2.0', id, method: 'ping' }
      response.write(`: hello\r\ndata: ${JSON.stringify(note)}\r\n\r\ndata:${JSON.stringify(ping)}`)
      response.write(`\r\n\r\nevent: message\r\ndata: {"jsonrpc":"2.0","id":${id},\r\n`)
      // It stays open: who waits for its end waits for ever.
      return response.write(`data: "result":${JSON.stringify(result)}}\r\n\r\n`)
    })
  })
  const mcpServerConfig = { url: stub.baseUrl }
  const [tool] = await toolsOf({ mcpServerConfig, mcpActions: ['a'] }, told({ fetch: stub.fetch }))
  expect(tool?.name).toBe('a')
  expect(bodies.map((body) => (JSON.parse(body) as { method: string }).method)).toEqual([
    'initialize',
    'notifications/initialized',
    'tools/list',
  ])
  expect(stub.requests[2]?.headers).toMatchObject({ 'mcp-protocol-version': '2025-06-18' })
})

test('an agentflow uses the tools of a server', async () => {
  const provider = await startProvider()
  const asked = script(provider, [call('wash_it', { sock: 'blue' }), 'done'])
  const hosts = [new URL(url).host, new URL(provider.baseUrl).host]
  const both = createEgress({ allow: hosts })
  const agentTools = [
    {
      agentSelectedTool: 'customMCP',
      agentSelectedToolConfig: {
        mcpServerConfig: `{"url":"{{ $vars.server }}"}`,
        mcpActions: '["wash it"]',
      },
    },
  ]
  const agentModelConfig = { basepath: provider.baseUrl }
  const inputs = { agentModel: 'chatOpenAI', agentModelConfig, agentTools }
  const flow = draw([start(), { id: 'a', name: 'agentAgentflow', inputs }], [['start', 'a']])
  const variables = async () => ({ server: url })
  const result = await run(flow, { ports: { fetch: both.fetch, variables } })
  expect(linesOf(asked[1]).at(-1)).toBe('tool: clean blue')
  expect(result.text).toBe('done')
  await both.close()
  await provider.stop()
})

import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { missing } from '../../model/parts.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { anything, json } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { namingNode } from '../../node/naming.ts'
import { secretsOfHeaders, secretsOfUrl } from '../../text/named-secrets.ts'
import { parseJson, textOf } from '../../text/paths.ts'
import { httpUrl } from '../../text/urls.ts'
import { headersFrom } from '../../tools/http-call.ts'
import { callMcpTool, listMcpTools, type McpServer, type McpTool } from '../../tools/mcp.ts'
import { toolName } from '../../tools/schema.ts'

/** Tools of an MCP server at an address; no server is ever started here. */
export const customMCP = defineNode({
  name: 'customMCP',
  aliases: ['customMcpServerTool'],
  label: 'Custom MCP',
  version: 1.1,
  category: 'Tools (MCP)',
  description: 'Tools of an MCP server, by Streamable HTTP: `{"url": "https://…", "headers": {}}`.',
  inputs: {
    mcpServerConfig: json({ acceptVariable: true, secret: true }),
    mcpActions: anything(),
  },
  build: async ({ mcpServerConfig, mcpActions }, context): Promise<readonly Tool[]> => {
    const server = serverOf(mcpServerConfig, context)
    const secrets = [...secretsOfHeaders(server.headers), ...secretsOfUrl(new URL(server.url))]
    for (const secret of secrets) context.conceal(secret)
    const { node, ports, signal } = context
    const world = { fetch: ports.fetch, signal }
    const offered = await namingNode(node, () => listMcpTools(server, world))
    const wanted = typeof mcpActions === 'string' ? parseJson(mcpActions) : mcpActions
    const names: readonly unknown[] = Array.isArray(wanted) ? wanted : []
    const chosen = offered.filter(({ name }) => names.includes(name))
    if (chosen.length === 0) throw nothingChosen(offered, context)
    return chosen.map((tool) => toolOf(tool, server, ports.fetch))
  },
})

function serverOf(config: Readonly<Record<string, unknown>>, context: NodeContext): McpServer {
  const { url, command, headers } = config
  if (command !== undefined) {
    const title = nodeTitle(context.node)
    const sentence = `The node ${title} cannot run: this server starts no MCP servers by command.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  const address = httpUrl(textOf(url))
  if (address !== undefined) return { url: address, headers: headersFrom(headers) }
  throw missing(context, 'the address of an MCP server in mcpServerConfig')
}

/** Told with the names, which an author without a canvas has no other way to learn. */
function nothingChosen(offered: readonly McpTool[], context: NodeContext): Failure {
  const names = offered.map(({ name }) => name).join(', ')
  return missing(context, `one of its actions chosen in mcpActions: ${names || 'it has none'}`)
}

function toolOf(
  { name, description, schema }: McpTool,
  server: McpServer,
  fetch: typeof globalThis.fetch,
): Tool {
  return {
    kind: 'tool',
    name: toolName(name),
    description,
    schema,
    run: (args, { signal }) => callMcpTool(server, { name, arguments: args }, { fetch, signal }),
  }
}

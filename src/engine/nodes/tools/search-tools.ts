import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { parseJson } from '../../text/paths.ts'
import { callHttp } from '../../tools/http-call.ts'
import { argument } from '../../tools/schema.ts'
import { resultsText } from '../../tools/search-results.ts'
import { searchServices, type SearchService } from '../../tools/search-services.ts'

/** Web search, by whatever service. */
export const searchTools: readonly NodeDefinition[] = searchServices.map(searchTool)

function searchTool(service: SearchService): NodeDefinition {
  const { name, label, credential } = service
  return defineNode({
    name,
    label,
    version: 1,
    category: 'Tools',
    description: `Searches the web: ${label}.`,
    ...(credential === undefined ? {} : { credential }),
    inputs: {
      toolName: text(),
      toolDescription: text(),
      apiBase: text({ endpoint: true }),
    },
    build: async (inputs, context): Promise<Tool> => ({
      kind: 'tool',
      name: inputs.toolName || service.tool,
      description:
        inputs.toolDescription ||
        'A search engine. Useful for questions about current events. The input is a search query.',
      schema: {
        type: 'object',
        properties: { input: { type: 'string', description: 'The search query' } },
        required: ['input'],
        additionalProperties: false,
      },
      run: async ({ input }, { signal }) => {
        const values = await valuesOf(service, inputs, context)
        const call = service.call(argument(input), values)
        const answer = await callHttp(context.ports.fetch, { ...call, signal })
        return resultsText(parseJson(answer))
      },
    }),
  })
}

/** The model is told what is missing, so that it can answer without a search. */
async function valuesOf(
  { fields }: SearchService,
  { apiBase }: { readonly apiBase: string },
  context: NodeContext,
): Promise<Readonly<Record<string, string>>> {
  const values = { ...(await context.credential()), ...(apiBase === '' ? {} : { apiBase }) }
  const lacking = fields.find((field) => !Object.hasOwn(values, field))
  if (lacking === undefined) return values
  const what = lacking === 'apiBase' ? 'an address' : `a credential with ${lacking}`
  const sentence = `The node ${nodeTitle(context.node)} cannot search: it needs ${what}.`
  throw new Failure('UNPROCESSABLE', sentence)
}

import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { argument } from '../../tools/schema.ts'
import { resultsText } from '../../tools/search-results.ts'
import { searchServices, type SearchService } from '../../tools/search-services.ts'
import { search, searchValues } from '../../tools/search.ts'

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
    ready: ({ apiBase }, context) => searchValues(service, apiBase, context),
    build: async ({ toolName, toolDescription, apiBase }, context): Promise<Tool> => ({
      kind: 'tool',
      name: toolName || service.tool,
      description:
        toolDescription ||
        'A search engine. Useful for questions about current events. The input is a search query.',
      schema: {
        type: 'object',
        properties: { input: { type: 'string', description: 'The search query' } },
        required: ['input'],
        additionalProperties: false,
      },
      run: async ({ input }, { signal }) => {
        const asked = { query: argument(input), apiBase }
        return resultsText(await search(service, asked, { ...context, signal }))
      },
    }),
  })
}

import { wordsOf } from '../../model/parts.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { bool, number, text, type Inputs } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { argument } from '../../tools/schema.ts'
import { resultsText } from '../../tools/search-results.ts'
import { searchServices, type SearchService } from '../../tools/search-services.ts'
import { search, searchValues } from '../../tools/search.ts'

type Values = Readonly<Record<string, unknown>>

const optionInput = {
  text: () => text(),
  list: () => text(),
  number: () => number(),
  switch: () => bool({ default: false }),
} as const

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
      description: text(),
      apiBase: text({ endpoint: true }),
      ...optionInputs(service),
    },
    ready: ({ apiBase }, context) => searchValues(service, apiBase, context),
    build: async ({ toolName, apiBase, ...inputs }, context): Promise<Tool> => ({
      kind: 'tool',
      name: toolName || service.tool,
      description:
        inputs.toolDescription ||
        inputs.description ||
        'A search engine. Useful for questions about current events. The input is a search query.',
      schema: {
        type: 'object',
        properties: { input: { type: 'string', description: 'The search query' } },
        required: ['input'],
        additionalProperties: false,
      },
      run: async ({ input }, { signal }) => {
        const parameters = chosen(service, inputs)
        const asked = { query: argument(input), apiBase, parameters }
        const { max_results: most, numResults = most } = parameters
        const found = await search(service, asked, { ...context, signal })
        return resultsText(found, typeof numResults === 'number' ? numResults : undefined)
      },
    }),
  })
}

function optionInputs({ options = {} }: SearchService): Inputs {
  const entries = Object.entries(options).map(([name, { kind }]) => [name, optionInput[kind]()])
  return Object.fromEntries(entries) as Inputs
}

/** The options that are set, as the service calls them. */
function chosen({ options = {} }: SearchService, inputs: Values): Values {
  const pairs = Object.entries(options).map(([name, { as, kind }]) => {
    const value = inputs[name]
    return [as, kind === 'list' ? wordsOf(String(value)) : value] as const
  })
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined && Boolean(value)))
}

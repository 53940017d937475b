import { defineNode } from '../../node/define.ts'
import { anchor, bool, json, text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { argument, toolName } from '../../tools/schema.ts'

/** A retriever that an agent may ask. */
export const retrieverTool = defineNode({
  name: 'retrieverTool',
  label: 'Retriever Tool',
  version: 3,
  category: 'Tools',
  description: 'Documents as a tool.',
  inputs: {
    name: text(),
    description: text(),
    retriever: anchor('retriever'),
    returnSourceDocuments: bool({ default: false }),
    retrieverToolMetadataFilter: json(),
  },
  build: async (inputs): Promise<Tool> => ({
    kind: 'tool',
    name: toolName(inputs.name),
    description: inputs.description,
    schema: {
      type: 'object',
      properties: { input: { type: 'string', description: 'What to look for' } },
      required: ['input'],
      additionalProperties: false,
    },
    run: async ({ input }, { signal }) => {
      const filter = inputs.retrieverToolMetadataFilter
      const sourceDocuments = await inputs.retriever.search(argument(input), { signal, filter })
      const found = sourceDocuments.map(({ pageContent }) => pageContent).join('\n\n')
      return inputs.returnSourceDocuments ? { text: found, sourceDocuments } : found
    },
  }),
})

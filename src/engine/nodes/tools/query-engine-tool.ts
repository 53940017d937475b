import { defineNode } from '../../node/define.ts'
import { anchor, text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { askChain } from '../../tools/ask-chain.ts'
import { toolName } from '../../tools/schema.ts'

/** An engine that others may ask. */
export const queryEngineTool = defineNode({
  name: 'queryEngineToolLlamaIndex',
  label: 'QueryEngine Tool',
  version: 2,
  category: 'Tools',
  description: 'An engine as a tool.',
  inputs: {
    baseQueryEngine: anchor('chain'),
    toolName: text(),
    toolDesc: text(),
  },
  build: async (inputs): Promise<Tool> => ({
    kind: 'tool',
    name: toolName(inputs.toolName),
    description: inputs.toolDesc,
    schema: {
      type: 'object',
      properties: { query: { type: 'string', description: 'The question' } },
      required: ['query'],
      additionalProperties: false,
    },
    run: ({ query }, { signal }) => askChain(inputs.baseQueryEngine, query, signal),
  }),
})

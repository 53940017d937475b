import { defineNode } from '../../node/define.ts'
import { anchor, bool, text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { askChain } from '../../tools/ask-chain.ts'
import { toolName } from '../../tools/schema.ts'

/** A chain, or an agent, that another agent may ask. */
export const chainTool = defineNode({
  name: 'chainTool',
  label: 'Chain Tool',
  version: 1,
  category: 'Tools',
  description: 'A chain as a tool.',
  inputs: {
    name: text(),
    description: text(),
    returnDirect: bool({ default: false }),
    baseChain: anchor('chain'),
  },
  build: async ({ name, description, returnDirect, baseChain }): Promise<Tool> => ({
    kind: 'tool',
    name: toolName(name),
    description,
    returnDirect,
    schema: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The question' } },
      required: ['input'],
      additionalProperties: false,
    },
    run: ({ input }, { signal }) => askChain(baseChain, input, signal),
  }),
})

import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'

/** Goes back to a member by its name. */
export const seqLoop = defineNode({
  name: 'seqLoop',
  label: 'Loop',
  version: 2,
  category: 'Sequential Agents',
  description: 'Goes back to the node with a name.',
  decides: true,
  inputs: { loopToName: text() },
  turn: async ({ loopToName }) => ({ loopTo: loopToName }),
})

import { defineNode } from '../../node/define.ts'

/** Where a sequence of agents ends. */
export const seqEnd = defineNode({
  name: 'seqEnd',
  label: 'End',
  version: 2,
  category: 'Sequential Agents',
  description: 'Ends a sequence of agents.',
  decides: true,
  inputs: {},
  turn: async () => ({ goTo: [] }),
})

import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import { takenOutput } from '../../turns/conditions.ts'

/** Decides who is next by comparing values or by code. */
export const seqCondition = defineNode({
  name: 'seqCondition',
  label: 'Condition',
  version: 2,
  category: 'Sequential Agents',
  description: 'Decides which node is next.',
  decides: true,
  inputs: { conditionName: text() },
  turn: async (_inputs, context) => ({
    branch: await takenOutput(context, context.lastOutput),
  }),
})

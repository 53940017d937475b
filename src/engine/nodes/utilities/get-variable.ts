import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'

/** What a set-variable node of the flow keeps under the name. */
export const getVariable = defineNode({
  name: 'getVariable',
  label: 'Get Variable',
  version: 2,
  category: 'Utilities',
  description: 'Gives a value that another node keeps.',
  inputs: { variableName: text() },
  build: async ({ variableName }, { node, keptVariable }) => {
    const value = await keptVariable(variableName)
    if (value !== undefined) return value
    const sentence = `The node ${nodeTitle(node)} cannot run: no node sets "${variableName}".`
    throw new Failure('UNPROCESSABLE', sentence)
  },
})

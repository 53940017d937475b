import { defineNode } from '../../node/define.ts'
import { anything, bool, text } from '../../node/inputs.ts'

/** Hands its input on, and keeps it under a name for the nodes that get it. */
export const setVariable = defineNode({
  name: 'setVariable',
  label: 'Set Variable',
  version: 2,
  category: 'Utilities',
  description: 'Keeps a value under a name.',
  inputs: {
    input: anything({ acceptVariable: true }),
    variableName: text(),
    showOutput: bool({ default: false }),
  },
  build: async ({ input, variableName, showOutput }, { publish }) => {
    if (showOutput) publish(variableName, input)
    return input
  },
})

import { updatedState } from '../agentflow-state.ts'
import { anything, array, code } from '../inputs.ts'
import { defineNode } from '../node.ts'
import { textOf } from '../paths.ts'

/** Code of the author's, in the sandbox. */
export const customFunctionAgentflow = defineNode({
  name: 'customFunctionAgentflow',
  label: 'Custom Function',
  version: 1,
  category: 'Agent Flows',
  description: 'Runs JavaScript in the sandbox.',
  inputs: {
    customFunctionInputVariables: array({ acceptVariable: true }),
    customFunctionJavascriptFunction: code(),
    customFunctionUpdateState: anything(),
  },
  step: async (inputs, context) => {
    const rows = inputs.customFunctionInputVariables
    const named = rows.filter(({ variableName }) => /^\w+$/.test(textOf(variableName)))
    const own = Object.fromEntries(
      named.map(({ variableName, variableValue }) => [`$${textOf(variableName)}`, variableValue]),
    )
    const { value } = await context.ports.runCode({
      code: inputs.customFunctionJavascriptFunction,
      variables: { $input: context.question, ...context.codeFacts, ...own },
      signal: context.signal,
    })
    const content = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
    context.emit({ event: 'token', data: content })
    const output = { content }
    return {
      input: { inputVariables: rows, code: inputs.customFunctionJavascriptFunction },
      output,
      state: await updatedState('customFunctionUpdateState', output, context),
    }
  },
})

import { defineNode } from '../../node/define.ts'
import { anything, array, code as codeInput } from '../../node/inputs.ts'
import { updatedState } from '../../steps/state.ts'
import { textOf } from '../../text/paths.ts'
import { codeText, codeValue, runUserCode } from '../../tools/code.ts'

/** Code of the author's, in the sandbox. */
export const customFunctionAgentflow = defineNode({
  name: 'customFunctionAgentflow',
  label: 'Custom Function',
  version: 1,
  category: 'Agent Flows',
  description: 'Runs JavaScript in the sandbox.',
  inputs: {
    customFunctionInputVariables: array({ acceptVariable: true }),
    customFunctionJavascriptFunction: codeInput(),
    customFunctionUpdateState: anything(),
  },
  step: async (inputs, context) => {
    const rows = inputs.customFunctionInputVariables
    const values = rows.map(
      ({ variableName, variableValue }) => [textOf(variableName), variableValue] as const,
    )
    const input = { ...context.input, question: context.question }
    const code = inputs.customFunctionJavascriptFunction
    const value = await runUserCode({ ...context, input }, code, Object.fromEntries(values))
    const content = codeText(codeValue(value), 2)
    context.emit({ event: 'token', data: content })
    const output = { content }
    return {
      input: { inputVariables: rows, code },
      output,
      state: await updatedState('customFunctionUpdateState', output, context),
    }
  },
})

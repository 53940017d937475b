import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { code, json, text, type InputsOf } from '../../node/inputs.ts'
import { codeText, codeValue, codeValues, runUserCode } from '../../tools/code.ts'

const inputs = {
  functionInputVariables: json({ acceptVariable: true }),
  functionName: text(),
  javascriptFunction: code(),
}

/** Code of the flow's author, run in the sandbox: a value for other nodes, or the flow's end. */
export const customFunction = defineNode({
  name: 'customFunction',
  label: 'Custom JS Function',
  version: 3,
  category: 'Utilities',
  description: 'Runs JavaScript in a sandbox.',
  inputs,
  build: value,
  run: async (values, context) => {
    const result = await value(values, context)
    return typeof result === 'object' && result !== null
      ? { json: result }
      : { text: codeText(result) }
  },
})

async function value(values: InputsOf<typeof inputs>, context: NodeContext): Promise<unknown> {
  const { javascriptFunction, functionInputVariables } = values
  return codeValue(
    await runUserCode(context, javascriptFunction, codeValues(functionInputVariables)),
  )
}

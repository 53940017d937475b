import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { anchors, code, json, text, type InputsOf } from '../../node/inputs.ts'
import { codeText, codeValue, codeValues, runUserCode } from '../../tools/code.ts'

const inputs = {
  functionInputVariables: json({ acceptVariable: true }),
  functionName: text(),
  javascriptFunction: code(),
  tools: anchors('tool'),
}

/** Code of the flow's author, run in the sandbox: a value for other nodes, or the flow's end. */
export const customFunction = defineNode({
  name: 'customFunction',
  label: 'Custom JS Function',
  version: 3,
  category: 'Utilities',
  description: 'Runs JavaScript in a sandbox.',
  inputs,
  check: ({ tools }, node) => {
    if (tools.length === 0) return
    const sentence = `The node ${nodeTitle(node)} cannot run: its code is to call tools, which code here cannot.`
    throw new Failure('UNPROCESSABLE', sentence)
  },
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

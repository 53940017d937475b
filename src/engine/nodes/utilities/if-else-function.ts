import { defineNode } from '../../node/define.ts'
import { code, json, text } from '../../node/inputs.ts'
import type { Branch } from '../../node/instances.ts'
import { codeValues, runUserCode } from '../../tools/code.ts'

/** Decides by code which of its two outputs is followed; what stands behind the other is not run. */
export const ifElseFunction = defineNode({
  name: 'ifElseFunction',
  label: 'IfElse Function',
  version: 2,
  category: 'Utilities',
  description: 'Follows one of two ways, as JavaScript in a sandbox decides.',
  inputs: {
    functionInputVariables: json({ acceptVariable: true }),
    functionName: text(),
    ifFunction: code(),
    elseFunction: code(),
  },
  build: async (inputs, context): Promise<Branch> => {
    const { ifFunction, elseFunction, functionInputVariables } = inputs
    const values = codeValues(functionInputVariables)
    const value = await runUserCode(context, ifFunction, values)
    if (value) return { kind: 'branch', taken: 'returnTrue', value }
    const other = await runUserCode(context, elseFunction, values)
    return { kind: 'branch', taken: 'returnFalse', value: other }
  },
})

import { defineNode } from '../../node/define.ts'
import { array } from '../../node/inputs.ts'
import { holds, type Comparison } from '../../steps/conditions.ts'

/** Takes the branch of the first condition that holds, or else the last one. */
export const conditionAgentflow = defineNode({
  name: 'conditionAgentflow',
  label: 'Condition',
  version: 1,
  category: 'Agent Flows',
  description: 'Decides by comparing values; the first condition that holds wins.',
  decides: true,
  inputs: { conditions: array({ acceptVariable: true }) },
  step: async ({ conditions }, context) => {
    const rows = conditions.map(toComparison)
    let taken = rows.length
    for (const [index, row] of rows.entries()) {
      if (!(await holds(row, context))) continue
      taken = index
      break
    }
    const otherwise = { type: 'string', operation: 'equal', value1: '', value2: '' }
    const told = [...rows, otherwise].map((row, index) => ({
      ...row,
      isFulfilled: index === taken,
    }))
    return { input: { conditions: rows }, output: { conditions: told }, branches: [taken] }
  },
})

function toComparison(row: Readonly<Record<string, unknown>>): Comparison {
  const { type, operation, value1, value2 } = row
  return {
    type: typeof type === 'string' && type !== '' ? type : 'string',
    operation: typeof operation === 'string' && operation !== '' ? operation : 'equal',
    value1,
    value2,
  }
}

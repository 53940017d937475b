import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode } from '../../node/define.ts'
import { anything } from '../../node/inputs.ts'
import { parseLoose } from '../../text/json.ts'

/** As many as steps of a run. */
const mostItems = 1000

/** Runs the nodes inside it for each item of a list, one after the other. */
export const iterationAgentflow = defineNode({
  name: 'iterationAgentflow',
  label: 'Iteration',
  version: 1,
  category: 'Agent Flows',
  description: 'Runs the nodes inside it for each item of a list.',
  inputs: { iterationInput: anything({ acceptVariable: true }) },
  step: async ({ iterationInput }, context) => {
    const { node, emit } = context
    const items = listOf(iterationInput)
    if (items === undefined) {
      const sentence = `The node ${nodeTitle(node)} cannot run: its input is not a list.`
      throw new Failure('UNPROCESSABLE', sentence)
    }
    if (items.length > mostItems) {
      const sentence = `The node ${nodeTitle(node)} cannot run: its list has more than ${mostItems} items.`
      throw new Failure('UNPROCESSABLE', sentence)
    }
    const iterationResults: string[] = []
    for (const [index, item] of items.entries())
      iterationResults.push(await context.iterate(item, index))
    const content = iterationResults.join('\n')
    emit({ event: 'token', data: content })
    return { input: { iterationInput: items }, output: { iterationResults, content } }
  },
})

/** The editor escapes nothing, yet may have broken the JSON into Markdown lines. */
function listOf(value: unknown): readonly unknown[] | undefined {
  const parsed = typeof value === 'string' ? parseLoose(value.trim()) : value
  const again = typeof parsed === 'string' ? parseLoose(parsed) : parsed
  return Array.isArray(again) ? (again as unknown[]) : undefined
}

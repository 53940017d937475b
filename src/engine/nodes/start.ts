import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow.ts'
import { array, options } from '../inputs.ts'
import { defineNode } from '../node.ts'
import { isSafeKey } from '../paths.ts'

/** Where an agentflow begins: takes the question or the form, and sets the first state. */
export const startAgentflow = defineNode({
  name: 'startAgentflow',
  label: 'Start',
  version: 1.1,
  category: 'Agent Flows',
  description: 'Starts an agentflow with a question or a form.',
  inputs: {
    startInputType: options(['chatInput', 'formInput', 'webhookTrigger', 'scheduleInput'], {
      default: 'chatInput',
    }),
    startState: array(),
  },
  step: async ({ startInputType, startState }, { input, node, state }) => {
    if (startInputType === 'webhookTrigger' || startInputType === 'scheduleInput') {
      const sentence = `The flow starts at ${nodeTitle(node)} by ${startInputType}, not by a question.`
      throw new Failure('BAD_REQUEST', sentence)
    }
    const rows = startState.map(({ key, value }) => [key, value] as const)
    const initial = Object.fromEntries(rows.filter(([key]) => isStateKey(key)))
    const given =
      startInputType === 'formInput' ? { form: input.form ?? {} } : { question: input.question }
    return { input: given, output: given, state: { ...initial, ...state } }
  },
})

function isStateKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '' && isSafeKey(key)
}

import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode } from '../../node/define.ts'
import { array, bool, options } from '../../node/inputs.ts'
import type { SavedRun } from '../../node/ports.ts'
import type { State, StepContext } from '../../node/step.ts'
import { isStateKey } from '../../steps/state.ts'
import { isRecord } from '../../text/paths.ts'

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
    startEphemeralMemory: bool({ default: false }),
    startState: array(),
    startPersistState: bool({ default: false }),
  },
  check: ({ startInputType }, node) => {
    if (startInputType !== 'webhookTrigger' && startInputType !== 'scheduleInput') return
    const sentence = `The flow starts at ${nodeTitle(node)} by ${startInputType}, not by a question.`
    throw new Failure('BAD_REQUEST', sentence)
  },
  step: async (inputs, context) => {
    const { startInputType, startPersistState } = inputs
    const { input } = context
    const saved = startPersistState ? await context.ports.savedRun(context.sessionId) : undefined
    const given =
      startInputType === 'formInput'
        ? { form: input.form ?? savedForm(saved) }
        : { question: input.question }
    return {
      input: given,
      output: given,
      state: firstState(inputs.startState, saved, context),
      forgetsPast: inputs.startEphemeralMemory,
    }
  },
})

/** The author's values, then those of the session's latest run, then those of the caller. */
function firstState(
  rows: readonly Readonly<Record<string, unknown>>[],
  saved: SavedRun | undefined,
  context: StepContext,
): State {
  const pairs = rows.map(({ key, value }) => [key, value] as const)
  const initial = Object.fromEntries(pairs.filter(([key]) => isStateKey(key))) as State
  const last = saved?.executedData.at(-1)?.data['state']
  // A run that failed keeps its rows only.
  const kept = saved?.state ?? (isRecord(last) ? last : {})
  return context.replaced.has('startState') ? { ...kept, ...initial } : { ...initial, ...kept }
}

/** The form with which the session's latest run began. */
function savedForm(saved: SavedRun | undefined): Readonly<Record<string, unknown>> {
  const rows = saved?.executedData ?? []
  const output = rows.find(({ data }) => data['name'] === 'startAgentflow')?.data['output']
  const form = isRecord(output) ? output['form'] : undefined
  return isRecord(form) ? form : {}
}

import { newId } from '../../../core/ids.ts'
import { defineNode } from '../../node/define.ts'
import { bool, json, text } from '../../node/inputs.ts'
import { parseLoose } from '../../text/json.ts'
import { textOf } from '../../text/paths.ts'
import { spoken } from '../../turns/agent.ts'
import { flowValue, withoutBraces } from '../../turns/state.ts'

/** Another flow of the workspace as a member of a team. */
export const seqExecuteFlow = defineNode({
  name: 'seqExecuteFlow',
  label: 'Execute Flow',
  version: 1,
  category: 'Sequential Agents',
  description: 'Runs another flow; its answer is said or becomes state.',
  inputs: {
    seqExecuteFlowName: text(),
    selectedFlow: text(),
    seqExecuteFlowInput: text({ acceptVariable: true }),
    overrideConfig: json(),
    startNewSession: bool({ default: false }),
    returnValueAs: text({ default: 'aiMessage' }),
  },
  turn: async (inputs, context) => {
    const written = withoutBraces(inputs.seqExecuteFlowInput)
    const isQuestion = written === '' || written === 'userQuestion'
    const question = isQuestion
      ? context.question
      : textOf(flowValue(written, context, context.lastOutput))
    const sessionId = inputs.startNewSession ? newId() : context.sessionId
    const result = await context.runFlow(inputs.selectedFlow, {
      question,
      chatId: inputs.startNewSession ? sessionId : context.input.chatId,
      overrideConfig: { sessionId, ...inputs.overrideConfig },
    })
    const content = result.text ?? JSON.stringify(result.json ?? '')
    const made =
      inputs.returnValueAs === 'stateObj' ? (result.json ?? parseLoose(content)) : content
    const told = { messages: [content] }
    return { ...spoken(inputs.returnValueAs, made, context), output: { content }, told }
  },
})

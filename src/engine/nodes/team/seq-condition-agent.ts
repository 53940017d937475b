import { defineNode } from '../../node/define.ts'
import { json, optionalAnchor, options, text } from '../../node/inputs.ts'
import { isRecord } from '../../text/paths.ts'
import { askInForm } from '../../turns/agent.ts'
import { takenOutput } from '../../turns/conditions.ts'
import { historySelections, speechOf } from '../../turns/talk.ts'

/** Decides who is next by what a model says. */
export const seqConditionAgent = defineNode({
  name: 'seqConditionAgent',
  label: 'Condition Agent',
  version: 3,
  category: 'Sequential Agents',
  description: 'Lets a model say what decides which node is next.',
  decides: true,
  inputs: {
    conditionAgentName: text(),
    model: optionalAnchor('chatModel'),
    systemMessagePrompt: text(),
    humanMessagePrompt: text(),
    promptValues: json({ acceptVariable: true }),
    conversationHistorySelection: options(historySelections, { default: 'all_messages' }),
  },
  turn: async (inputs, context) => {
    const model = context.modelOr(inputs.model)
    const speech = {
      system: inputs.systemMessagePrompt,
      human: inputs.humanMessagePrompt,
      values: inputs.promptValues,
      selection: inputs.conversationHistorySelection,
    }
    const messages = speechOf(speech, model, context)
    const rows = context.node.inputs['conditionAgentStructuredOutput']
    const { text: content, json: keys } = await askInForm(model, { messages, rows }, context)
    const output = { content, ...(isRecord(keys) ? keys : {}) }
    return { output, branch: await takenOutput(context, output) }
  },
})

import { defineNode } from '../../node/define.ts'
import {
  anchors,
  bool,
  code,
  json,
  number,
  optionalAnchor,
  options,
  text,
} from '../../node/inputs.ts'
import { messagesByCode } from '../../tools/given-messages.ts'
import { askFor, toldOf, workAsMember } from '../../turns/agent.ts'
import { stateChanges } from '../../turns/state.ts'
import { historySelections, speechOf } from '../../turns/talk.ts'

/** A member that uses tools until it has something to say. */
export const seqAgent = defineNode({
  name: 'seqAgent',
  label: 'Agent',
  version: 4,
  category: 'Sequential Agents',
  description: 'Works with tools, and passes on what it says.',
  inputs: {
    agentName: text(),
    systemMessagePrompt: text(),
    humanMessagePrompt: text(),
    messageHistory: code(),
    conversationHistorySelection: options(historySelections, { default: 'all_messages' }),
    tools: anchors('tool'),
    model: optionalAnchor('chatModel'),
    interrupt: bool({ default: false }),
    promptValues: json({ acceptVariable: true }),
    approvalPrompt: text(),
    approveButtonText: text(),
    rejectButtonText: text(),
    maxIterations: number(),
  },
  turn: async (inputs, context) => {
    const model = context.modelOr(inputs.model)
    const speech = {
      system: inputs.systemMessagePrompt,
      examples: await messagesByCode(inputs.messageHistory, context),
      human: inputs.humanMessagePrompt,
      values: inputs.promptValues,
      selection: inputs.conversationHistorySelection,
    }
    const messages = speechOf(speech, model, context)
    const { tools, maxIterations, interrupt } = inputs
    const approval = interrupt ? inputs : undefined
    const end = await workAsMember({ model, tools, messages, maxIterations, approval }, context)
    const { paused } = end
    if (paused !== undefined) return askFor(paused.calls, { ...inputs, paused }, context)
    const { text: content, usedTools, sourceDocuments, artifacts } = end
    const output = { content, usedTools, sourceDocuments, artifacts }
    return {
      said: [{ role: 'assistant', content, speaker: context.node.id }],
      values: await stateChanges(context, output),
      output,
      told: toldOf(end),
    }
  },
})

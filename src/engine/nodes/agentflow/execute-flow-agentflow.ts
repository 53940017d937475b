import { present } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { anything, json, options, text } from '../../node/inputs.ts'
import type { ChatMessage } from '../../node/instances.ts'
import { tellFound } from '../../steps/agent.ts'
import { updatedState } from '../../steps/state.ts'
import { replyAs } from '../../steps/talk.ts'

/** Another flow of the workspace, run in this process as a part of this run. */
export const executeFlowAgentflow = defineNode({
  name: 'executeFlowAgentflow',
  label: 'Execute Flow',
  version: 1.2,
  category: 'Agent Flows',
  description: 'Runs another flow and takes its answer.',
  inputs: {
    executeFlowSelectedFlow: text(),
    executeFlowInput: text({ acceptVariable: true }),
    executeFlowOverrideConfig: json({ acceptVariable: true }),
    executeFlowReturnResponseAs: options(['userMessage', 'assistantMessage'], {
      default: 'userMessage',
    }),
    executeFlowUpdateState: anything(),
  },
  step: async (inputs, context) => {
    const question = inputs.executeFlowInput
    const result = await context.runFlow(inputs.executeFlowSelectedFlow, {
      question,
      chatId: context.input.chatId,
      overrideConfig: inputs.executeFlowOverrideConfig,
    })
    const content = result.text ?? JSON.stringify(result.json ?? '')
    context.emit({ event: 'token', data: content })
    const { sourceDocuments, usedTools, artifacts } = result
    const found = present({ sourceDocuments, usedTools, artifacts })
    tellFound(found, context)
    const output = { content, ...found }
    const messages: ChatMessage[] = [{ role: 'user', content: question }]
    const asked = context.said.length === 0 ? messages : []
    return {
      input: { messages },
      output,
      state: await updatedState('executeFlowUpdateState', output, context),
      said: [...asked, replyAs(inputs.executeFlowReturnResponseAs, content)],
    }
  },
})

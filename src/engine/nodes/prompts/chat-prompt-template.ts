import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode } from '../../node/define.ts'
import { bool, code, json, text } from '../../node/inputs.ts'
import type { SpokenMessage } from '../../node/instances.ts'
import { createPrompt } from '../../talk/prompt.ts'

export const chatPromptTemplate = defineNode({
  name: 'chatPromptTemplate',
  label: 'Chat Prompt Template',
  version: 2,
  category: 'Prompts',
  description: 'A system and a human message with {variables}.',
  inputs: {
    systemMessagePrompt: text(),
    humanMessagePrompt: text(),
    promptValues: json({ acceptVariable: true }),
    messageHistory: bool({ default: false }),
    messageHistoryCode: code(),
  },
  build: async (inputs, { node }) => {
    if (inputs.messageHistory && inputs.messageHistoryCode.trim() !== '') {
      const sentence = `The node ${nodeTitle(node)} cannot run: its message history is code.`
      throw new Failure('UNPROCESSABLE', sentence)
    }
    const drawn: SpokenMessage[] = [
      { role: 'system', content: inputs.systemMessagePrompt },
      { role: 'user', content: inputs.humanMessagePrompt },
    ]
    const messages = drawn.filter(({ content }) => content !== '')
    return createPrompt(messages, inputs.promptValues)
  },
})

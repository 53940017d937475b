import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow.ts'
import { bool, code, json, text } from '../inputs.ts'
import type { SpokenMessage } from '../instances.ts'
import { defineNode } from '../node.ts'
import { createPrompt } from '../prompt.ts'

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

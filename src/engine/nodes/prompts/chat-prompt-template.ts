import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { code, json, text } from '../../node/inputs.ts'
import type { ChatMessage, SpokenMessage } from '../../node/instances.ts'
import { createPrompt, literalText } from '../../talk/prompt.ts'
import { messagesByCode } from '../../tools/given-messages.ts'

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
    messageHistoryCode: code(),
  },
  build: async (inputs, context) => {
    const history = await messagesByCode(inputs.messageHistoryCode, context)
    const drawn: SpokenMessage[] = [
      { role: 'system', content: inputs.systemMessagePrompt },
      ...history.map((message) => literal(message, context)),
      { role: 'user', content: inputs.humanMessagePrompt },
    ]
    const messages = drawn.filter(({ content }) => content !== '')
    return createPrompt(messages, inputs.promptValues, context.node.inputs['promptValues'])
  },
})

/** What stands as it is in a template. */
function literal(message: ChatMessage, { node }: NodeContext): SpokenMessage {
  if (message.role === 'tool' || 'toolCalls' in message) {
    const sentence = `The message history of ${nodeTitle(node)} holds calls of tools, and no chain makes any.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  return { role: message.role, content: literalText(message.content) }
}

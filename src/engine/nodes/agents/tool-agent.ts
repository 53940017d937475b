import { defineNode } from '../../node/define.ts'
import { anchor, anchors, number, optionalAnchor, text } from '../../node/inputs.ts'
import { answerWithTools } from '../../steps/tool-agent.ts'
import { refusalOf } from '../../talk/answering.ts'
import { frameOf } from '../../talk/frame.ts'

/**
 * An agent that calls tools until it can answer. The agents of other names differ in how they make
 * a model write down its calls; models do that themselves by now.
 */
export const toolAgent = defineNode({
  name: 'toolAgent',
  aliases: [
    'anthropicAgentLlamaIndex',
    'conversationalAgent',
    'conversationalRetrievalAgent',
    'mistralAIFunctionAgent',
    'mistralAIToolAgent',
    'mrklAgentChat',
    'mrklAgentLLM',
    'openAIFunctionAgent',
    'openAIToolAgent',
    'openAIToolAgentLlamaIndex',
    'reactAgentChat',
    'reactAgentLLM',
    'xmlAgent',
  ],
  label: 'Tool Agent',
  version: 2,
  category: 'Agents',
  description: 'Answers with the help of tools.',
  inputs: {
    tools: anchors('tool'),
    memory: optionalAnchor('memory'),
    model: anchor('chatModel'),
    chatPromptTemplate: optionalAnchor('prompt'),
    systemMessage: text({ default: 'You are a helpful AI assistant.' }),
    inputModeration: anchors('moderation'),
    maxIterations: number(),
  },
  run: async (inputs, context) => {
    const refusal = await refusalOf(inputs.inputModeration, context)
    if (refusal !== undefined) return { text: refusal }
    const { model, tools, memory, maxIterations } = inputs
    const { before, after } = frameOf(inputs.chatPromptTemplate, inputs.systemMessage, context)
    const messages = [...before, ...((await memory?.messages()) ?? []), ...after]
    return answerWithTools({ model, tools, messages, maxIterations }, context)
  },
})

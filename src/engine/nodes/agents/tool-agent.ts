import { defineNode } from '../../node/define.ts'
import { anchor, anchors, number, optionalAnchor, text } from '../../node/inputs.ts'
import type { Answer } from '../../node/result.ts'
import { tellFound } from '../../steps/agent.ts'
import { listeners, refusalOf } from '../../talk/answering.ts'
import { frameOf } from '../../talk/frame.ts'
import { withImages } from '../../talk/uploads.ts'
import { runToolLoop, type ToolLoopResult } from '../../tools/loop.ts'

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
    'conversationalRetrievalToolAgent',
    'mistralAIFunctionAgent',
    'mistralAIToolAgent',
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
    const result = await runToolLoop({
      model,
      tools,
      messages: withImages(messages, model, context.images),
      signal: context.signal,
      listeners: listeners(context),
      ...(maxIterations === undefined ? {} : { maxIterations }),
    })
    tellFound(result, context)
    return answerOf(result)
  },
})

/** Without what some models think aloud, and without empty lists. */
function answerOf(result: ToolLoopResult): Answer {
  const { text, usedTools, sourceDocuments, artifacts } = result
  return {
    text: text.replaceAll(/<thinking>[\s\S]*?<\/thinking>\s*/g, ''),
    ...(usedTools.length === 0 ? {} : { usedTools }),
    ...(sourceDocuments.length === 0 ? {} : { sourceDocuments }),
    ...(artifacts.length === 0 ? {} : { artifacts }),
  }
}

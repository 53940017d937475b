import { defineNode } from '../../node/define.ts'
import { anything, array, bool, json, number, options, text } from '../../node/inputs.ts'
import type { ChatMessage, ChatModel, JsonSchema } from '../../node/instances.ts'
import type { StepContext } from '../../node/step.ts'
import {
  askStructured,
  modelOf,
  requireModel,
  say,
  stopwatch,
  tellUsage,
} from '../../steps/model-node.ts'
import { updatedState } from '../../steps/state.ts'
import { memoryTypes, replyAs, talkOf, tokens } from '../../steps/talk.ts'
import { structuredSchema } from '../../talk/structured.ts'
import { withImages } from '../../talk/uploads.ts'

/** One call of a model. */
export const llmAgentflow = defineNode({
  name: 'llmAgentflow',
  label: 'LLM',
  version: 1,
  category: 'Agent Flows',
  description: 'Asks a chat model once; the answer may have a form.',
  inputs: {
    llmModel: text(),
    llmModelConfig: json(),
    llmMessages: array({ acceptVariable: true }),
    llmEnableMemory: bool({ default: true }),
    llmMemoryType: options(memoryTypes, { default: 'allMessages' }),
    llmMemoryWindowSize: number({ default: 20 }),
    llmMemoryMaxTokenLimit: number({ default: 2000 }),
    llmUserMessage: text({ acceptVariable: true }),
    llmReturnResponseAs: options(['userMessage', 'assistantMessage'], { default: 'userMessage' }),
    llmStructuredOutput: array({ acceptVariable: true }),
    llmUpdateState: anything(),
  },
  check: ({ llmModel }, node) => {
    requireModel(llmModel, node)
  },
  step: async (inputs, context) => {
    const time = stopwatch(context)
    const chosen = { kind: inputs.llmModel, config: inputs.llmModelConfig }
    const model = await modelOf('llmModel', chosen, context)
    const setup = {
      messages: inputs.llmMessages,
      userMessage: inputs.llmUserMessage,
      hasMemory: inputs.llmEnableMemory,
      memoryType: inputs.llmMemoryType,
      window: inputs.llmMemoryWindowSize,
      maxTokens: inputs.llmMemoryMaxTokenLimit,
    }
    const talk = await talkOf(setup, model, context)
    const messages = withImages(talk.shown, model, context.images)
    const schema = structuredSchema(inputs.llmStructuredOutput)
    const { content, keys } = await ask(model, { messages, schema }, context)
    tellUsage(context)
    const output = { content, ...keys, timeMetadata: time(), usageMetadata: context.spent() }
    return {
      input: { messages: talk.shown },
      output,
      state: await updatedState('llmUpdateState', output, context),
      said: [...talk.asked, replyAs(inputs.llmReturnResponseAs, content)],
    }
  },
})

async function ask(
  model: ChatModel,
  asked: { readonly messages: readonly ChatMessage[]; readonly schema: JsonSchema | undefined },
  context: StepContext,
) {
  const { messages, schema } = asked
  if (schema !== undefined) {
    const answer = await askStructured(model, { messages, schema }, context)
    say(context, answer.content)
    return answer
  }
  const { text } = await model.ask({ messages, ...tokens(context), signal: context.signal })
  return { content: text, keys: {} }
}

import { defineNode } from '../../node/define.ts'
import { code, json, optionalAnchor, options, text } from '../../node/inputs.ts'
import type { ChatMessage, ChatModel } from '../../node/instances.ts'
import type { TeamMessage, TurnContext } from '../../node/turn.ts'
import { isRecord } from '../../text/paths.ts'
import { messagesByCode } from '../../tools/given-messages.ts'
import { askInForm, formOf } from '../../turns/agent.ts'
import { callsOf, stateChanges } from '../../turns/state.ts'
import { historySelections, speechOf } from '../../turns/talk.ts'

/** A member that speaks once; the calls it asks for are made by the tool node that follows. */
export const seqLLMNode = defineNode({
  name: 'seqLLMNode',
  label: 'LLM Node',
  version: 4,
  category: 'Sequential Agents',
  description: 'Asks a chat model once.',
  inputs: {
    llmNodeName: text(),
    systemMessagePrompt: text(),
    humanMessagePrompt: text(),
    messageHistory: code(),
    conversationHistorySelection: options(historySelections, { default: 'all_messages' }),
    model: optionalAnchor('chatModel'),
    promptValues: json({ acceptVariable: true }),
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
    const { message, keys } = await spokenBy(model, speechOf(speech, model, context), context)
    const calls = callsOf(message)
    const usedTools = calls.map(({ name, args }) => ({
      tool: name,
      toolInput: args,
      toolOutput: '',
    }))
    const output = { content: message.content, ...keys, usedTools }
    return {
      said: [message],
      values: await stateChanges(context, output),
      output,
      goTo: context.following
        .filter(({ name }) => (name === 'seqToolNode') === calls.length > 0)
        .map(({ id }) => id),
      told: { messages: [message.content], usedTools },
    }
  },
})

interface Spoken {
  readonly message: TeamMessage
  readonly keys: Readonly<Record<string, unknown>>
}

async function spokenBy(
  model: ChatModel,
  messages: readonly ChatMessage[],
  context: TurnContext,
): Promise<Spoken> {
  const speaker = context.node.id
  const rows = context.node.inputs['llmStructuredOutput']
  if (formOf(rows) !== undefined) {
    const { text: content, json } = await askInForm(model, { messages, rows }, context)
    return {
      message: { role: 'assistant', content, speaker },
      keys: isRecord(json) ? json : {},
    }
  }
  const tools = await context.toolsBeside()
  const mayCall = context.following.some(({ name }) => name === 'seqToolNode')
  const choice = tools.length === 0 || mayCall ? {} : { toolChoice: 'none' as const }
  const reply = await model.ask({ messages, tools, ...choice, signal: context.signal })
  return { message: { ...reply.message, speaker }, keys: {} }
}

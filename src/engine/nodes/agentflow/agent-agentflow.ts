import { defineNode } from '../../node/define.ts'
import {
  anything,
  array,
  bool,
  json,
  number,
  options,
  text,
  type InputsOf,
} from '../../node/inputs.ts'
import type { StepContext } from '../../node/step.ts'
import { describedCalls, workOn } from '../../steps/agent.ts'
import { approvalAction } from '../../steps/approval.ts'
import { fenced, formedAnswer } from '../../steps/formed-answer.ts'
import { storeTools, vectorTools } from '../../steps/knowledge.ts'
import { modelOf, requireModel, say, stopwatch, tellUsage } from '../../steps/model-node.ts'
import { updatedState } from '../../steps/state.ts'
import { memoryTypes, replyAs, talkOf } from '../../steps/talk.ts'
import { agentTools, refuseBuiltIn } from '../../steps/tools.ts'
import { structuredSchema } from '../../talk/structured.ts'
import { withImages } from '../../talk/uploads.ts'

const inputs = {
  agentModel: text(),
  agentModelConfig: json(),
  agentMessages: array({ acceptVariable: true }),
  agentTools: array(),
  agentToolsBuiltInOpenAI: anything(),
  agentToolsBuiltInGemini: anything(),
  agentToolsBuiltInAnthropic: anything(),
  agentKnowledgeDocumentStores: array(),
  agentKnowledgeVSEmbeddings: array(),
  agentEnableMemory: bool({ default: true }),
  agentMemoryType: options(memoryTypes, { default: 'allMessages' }),
  agentMemoryWindowSize: number({ default: 20 }),
  agentMemoryMaxTokenLimit: number({ default: 2000 }),
  agentUserMessage: text({ acceptVariable: true }),
  agentReturnResponseAs: options(['userMessage', 'assistantMessage'], { default: 'userMessage' }),
  agentStructuredOutput: array({ acceptVariable: true }),
  agentUpdateState: anything(),
}
type Values = InputsOf<typeof inputs>

/** Nothing but the time of a run ends an agent that its author meant to work for long. */
const maxIterations = 100

/** A model with tools and knowledge. */
export const agentAgentflow = defineNode({
  name: 'agentAgentflow',
  label: 'Agent',
  version: 1,
  category: 'Agent Flows',
  description: 'Lets a chat model use tools and knowledge until it answers.',
  inputs,
  check: (values, node) => {
    requireModel(values.agentModel, node)
    refuseBuiltIn(values, node)
  },
  step: async (values, context) => {
    const time = stopwatch(context)
    const chosen = { kind: values.agentModel, config: values.agentModelConfig }
    const model = await modelOf('agentModel', chosen, context)
    const { tools, guarded } = await equipment(values, context)
    const talk = await talkOf(talkSetup(values), model, context)
    const messages = withImages(talk.shown, model, context.images)
    const schema = structuredSchema(values.agentStructuredOutput)
    const isSilent = schema !== undefined
    const work = { model, tools, messages, guarded, isSilent, maxIterations }
    const end = await workOn({ ...work, failsAt: context.node }, context)
    const availableTools = tools.map(({ name, description }) => ({ name, description }))
    const { usedTools, sourceDocuments, artifacts } = end
    const found = { usedTools, sourceDocuments, artifacts, availableTools }
    const input = { messages: talk.shown }
    if (end.paused !== undefined) {
      const content = describedCalls(end.paused.calls)
      const action = approvalAction(context.node, { humanInputEnableFeedback: true })
      return { input, output: { content, ...found, paused: end.paused }, stop: { action } }
    }
    const asked = { messages: [...end.whole, replyAs('assistantMessage', end.text)], schema }
    const formed = isSilent ? await formedAnswer(asked, model, context) : undefined
    const content = formed === undefined ? end.text : fenced(formed.content)
    if (formed !== undefined) say(context, content)
    tellUsage(context)
    const metadata = { timeMetadata: time(), usageMetadata: context.spent() }
    const output = { content, ...formed?.keys, ...found, ...metadata }
    const result = { ...output, content: formed?.content ?? content }
    return {
      input,
      output,
      state: await updatedState('agentUpdateState', result, context),
      said: [...talk.asked, replyAs(values.agentReturnResponseAs, content)],
    }
  },
})

async function equipment(values: Values, context: StepContext) {
  const { agentKnowledgeDocumentStores: stores, agentKnowledgeVSEmbeddings: vectors } = values
  const chosen = await agentTools(values.agentTools, 'agentTools', context)
  const knowledge = [
    ...(await storeTools(stores, 'agentKnowledgeDocumentStores', context)),
    ...(await vectorTools(vectors, 'agentKnowledgeVSEmbeddings', context)),
  ]
  return { tools: [...chosen.tools, ...knowledge], guarded: chosen.guarded }
}

function talkSetup(values: Values) {
  return {
    messages: values.agentMessages,
    userMessage: values.agentUserMessage,
    hasMemory: values.agentEnableMemory,
    memoryType: values.agentMemoryType,
    window: values.agentMemoryWindowSize,
    maxTokens: values.agentMemoryMaxTokenLimit,
  }
}

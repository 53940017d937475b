import { missing } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { array, bool, json, number, options, text, type InputsOf } from '../../node/inputs.ts'
import type { ChatMessage } from '../../node/instances.ts'
import { modelOf, requireModel, stopwatch } from '../../steps/model-node.ts'
import { memoryTypes, remembered, type Memory } from '../../steps/talk.ts'
import { findJson } from '../../text/json.ts'
import { nearestName } from '../../text/match.ts'
import { isRecord, textOf } from '../../text/paths.ts'

const defaultSystem = [
  'You decide which scenario fits an input. You get a JSON object with the input, the scenarios',
  'and instructions. Answer with JSON of the form {"output": "the scenario, word for word"}',
  'and nothing else. When several fit, take the one that fits best; always take one.',
  'Example: {"input": "Hello", "scenarios": ["user asks about AI", "user says hello"],',
  '"instruction": "Decide what the user wants."} is answered {"output": "user says hello"}.',
].join(' ')

const inputs = {
  conditionAgentModel: text(),
  conditionAgentModelConfig: json(),
  conditionAgentInstructions: text({ acceptVariable: true }),
  conditionAgentInput: text({ acceptVariable: true }),
  conditionAgentScenarios: array(),
  conditionAgentOverrideSystemPrompt: bool({ default: false }),
  conditionAgentSystemPrompt: text({ acceptVariable: true }),
  conditionAgentEnableMemory: bool({ default: false }),
  conditionAgentMemoryType: options(memoryTypes, { default: 'allMessages' }),
  conditionAgentMemoryWindowSize: number({ default: 20 }),
  conditionAgentMemoryMaxTokenLimit: number({ default: 2000 }),
}
type Values = InputsOf<typeof inputs>

/** Takes the branch of the scenario that a model finds. */
export const conditionAgentAgentflow = defineNode({
  name: 'conditionAgentAgentflow',
  label: 'Condition Agent',
  version: 1,
  category: 'Agent Flows',
  description: 'Lets a model decide which scenario an input is.',
  decides: true,
  inputs,
  check: ({ conditionAgentModel, conditionAgentScenarios }, node) => {
    requireModel(conditionAgentModel, node)
    if (conditionAgentScenarios.length === 0) throw missing({ node }, 'scenarios')
  },
  step: async (values, context) => {
    const time = stopwatch(context)
    const chosen = { kind: values.conditionAgentModel, config: values.conditionAgentModelConfig }
    const model = await modelOf('conditionAgentModel', chosen, context)
    const scenarios = values.conditionAgentScenarios.map(({ scenario }) => textOf(scenario))
    const asked = {
      input: values.conditionAgentInput || context.question,
      scenarios,
      instruction: values.conditionAgentInstructions,
    }
    const own = values.conditionAgentOverrideSystemPrompt ? values.conditionAgentSystemPrompt : ''
    const memory = values.conditionAgentEnableMemory
      ? await remembered(memoryOf(values), model, context)
      : []
    const messages: ChatMessage[] = [
      { role: 'system', content: own || defaultSystem },
      ...memory,
      { role: 'user', content: JSON.stringify(asked) },
    ]
    const { text: answer } = await model.ask({ messages, signal: context.signal })
    const taken = matchScenario(answer, scenarios)
    const conditions = scenarios.map((output, index) => ({ output, isFulfilled: index === taken }))
    const metadata = { timeMetadata: time(), usageMetadata: context.spent() }
    const isFirst = context.said.length === 0 && !context.isQuestionPast
    return {
      input: { messages },
      output: { content: answer, conditions, ...metadata },
      branches: [taken],
      ...(isFirst ? { said: [{ role: 'user', content: context.question }] } : {}),
    }
  },
})

function memoryOf(values: Values): Memory {
  return {
    memoryType: values.conditionAgentMemoryType,
    window: values.conditionAgentMemoryWindowSize,
    maxTokens: values.conditionAgentMemoryMaxTokenLimit,
  }
}

/** The scenario that an answer means: word for word, by its beginning, by a part, or the last. */
export function matchScenario(answer: string, scenarios: readonly string[]): number {
  const found = findJson(answer)
  const named = isRecord(found) ? found['output'] : answer
  const at = nearestName(textOf(named), scenarios)
  return at === -1 ? scenarios.length - 1 : at
}

import { defineNode } from '../../node/define.ts'
import { array, bool, json, text } from '../../node/inputs.ts'
import type { ChatMessage } from '../../node/instances.ts'
import { modelOf, stopwatch } from '../../steps/model-node.ts'
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

/** Takes the branch of the scenario that a model finds. */
export const conditionAgentAgentflow = defineNode({
  name: 'conditionAgentAgentflow',
  label: 'Condition Agent',
  version: 1,
  category: 'Agent Flows',
  description: 'Lets a model decide which scenario an input is.',
  decides: true,
  inputs: {
    conditionAgentModel: text(),
    conditionAgentModelConfig: json(),
    conditionAgentInstructions: text({ acceptVariable: true }),
    conditionAgentInput: text({ acceptVariable: true }),
    conditionAgentScenarios: array(),
    conditionAgentOverrideSystemPrompt: bool({ default: false }),
    conditionAgentSystemPrompt: text({ acceptVariable: true }),
  },
  step: async (inputs, context) => {
    const time = stopwatch(context)
    const chosen = { kind: inputs.conditionAgentModel, config: inputs.conditionAgentModelConfig }
    const model = await modelOf('conditionAgentModel', chosen, context)
    const scenarios = inputs.conditionAgentScenarios.map(({ scenario }) => textOf(scenario))
    const asked = {
      input: inputs.conditionAgentInput || context.question,
      scenarios,
      instruction: inputs.conditionAgentInstructions,
    }
    const own = inputs.conditionAgentOverrideSystemPrompt ? inputs.conditionAgentSystemPrompt : ''
    const messages: ChatMessage[] = [
      { role: 'system', content: own || defaultSystem },
      { role: 'user', content: JSON.stringify(asked) },
    ]
    const { text: answer } = await model.ask({ messages, signal: context.signal })
    const taken = matchScenario(answer, scenarios)
    return {
      input: { messages },
      output: {
        content: answer,
        conditions: scenarios.map((scenario, index) => ({
          scenario,
          isFulfilled: index === taken,
        })),
        timeMetadata: time(),
        usageMetadata: context.spent(),
      },
      branches: [taken],
    }
  },
})

/** The scenario that an answer means: word for word, by its beginning, by a part, or the last. */
export function matchScenario(answer: string, scenarios: readonly string[]): number {
  const found = findJson(answer)
  const named = isRecord(found) ? found['output'] : answer
  const at = nearestName(textOf(named), scenarios)
  return at === -1 ? scenarios.length - 1 : at
}

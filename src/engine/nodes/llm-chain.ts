import { Failure } from '../../core/errors.ts'
import { askAloud } from '../answering.ts'
import { nodeTitle } from '../flow.ts'
import { anchor, text, type InputsOf } from '../inputs.ts'
import { defineNode, type NodeContext } from '../node.ts'
import { fillPrompt } from '../prompt.ts'
import type { Answer } from '../result.ts'

const inputs = {
  model: anchor('chatModel'),
  prompt: anchor('prompt'),
  chainName: text(),
}

/** Asks a model with a prompt. As `outputPrediction` its text feeds the nodes after it. */
export const llmChain = defineNode({
  name: 'llmChain',
  label: 'LLM Chain',
  version: 3,
  category: 'Chains',
  description: 'Fills a prompt and asks a model with it.',
  inputs,
  build: async (values, context) => {
    if (context.node.output === 'outputPrediction') return (await answer(values, context)).text
    const sentence = `The node ${nodeTitle(context.node)} cannot run: it can only be used as a part`
    throw new Failure('UNPROCESSABLE', `${sentence} with its output "Output Prediction".`)
  },
  run: answer,
})

async function answer(values: InputsOf<typeof inputs>, context: NodeContext): Promise<Answer> {
  const messages = fillPrompt(values.prompt, context.input.question ?? '', context.node)
  const { text, usage } = await askAloud(values.model, messages, context)
  return { text, usage }
}

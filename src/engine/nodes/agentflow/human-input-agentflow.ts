import { defineNode } from '../../node/define.ts'
import { bool, json, options, text, type InputsOf } from '../../node/inputs.ts'
import type { ChatMessage } from '../../node/instances.ts'
import type { StepContext, StepResult } from '../../node/step.ts'
import { approvalAction } from '../../steps/approval.ts'
import { modelOf, requireModel } from '../../steps/model-node.ts'

const inputs = {
  humanInputDescriptionType: options(['fixed', 'dynamic'], { default: 'fixed' }),
  humanInputDescription: text({ acceptVariable: true }),
  humanInputModel: text(),
  humanInputModelConfig: json(),
  humanInputModelPrompt: text({ acceptVariable: true }),
  humanInputEnableFeedback: bool({ default: true }),
}

/** Stops the run until a person decides; goes on by the branch of the decision. */
export const humanInputAgentflow = defineNode({
  name: 'humanInputAgentflow',
  label: 'Human Input',
  version: 1,
  category: 'Agent Flows',
  description: 'Asks a person to proceed or to reject.',
  decides: true,
  inputs,
  check: ({ humanInputDescriptionType, humanInputModel }, node) => {
    if (humanInputDescriptionType === 'dynamic') requireModel(humanInputModel, node)
  },
  step: async (values, context) => {
    if (context.resumed !== undefined) return decided(context)
    const isFixed = values.humanInputDescriptionType === 'fixed'
    const content = isFixed ? await written(values, context) : await described(values, context)
    const { humanInputEnableFeedback } = values
    const input = { humanInputEnableFeedback, humanInputDescription: content }
    const action = approvalAction(context.node, input)
    return { input, output: { content }, stop: { action } }
  },
})

function decided({ resumed, node }: StepContext): StepResult {
  const human = resumed?.human
  const words = human?.feedback ?? ''
  const conditions = (['proceed', 'reject'] as const).map((type) => ({
    type,
    startNodeId: node.id,
    isFulfilled: human?.type === type,
    ...(words === '' ? {} : { feedback: words }),
  }))
  return {
    input: { ...resumed?.human },
    output: { content: words || human?.type, conditions },
    branches: [human?.type === 'reject' ? 1 : 0],
    ...(words === '' ? {} : { said: [{ role: 'user', content: words }] }),
  }
}

/** The author's question to the person, after what it is about: what was said last. */
async function written(
  { humanInputDescription }: InputsOf<typeof inputs>,
  { said, past }: StepContext,
): Promise<string> {
  const last = said.at(-1) ?? (await past()).at(-1)
  const question = humanInputDescription || 'Do you want to proceed?'
  return `${last?.content ?? ''}\n\n${question}`.trim()
}

/** A model says what the person is asked, out of what was said so far. */
async function described(values: InputsOf<typeof inputs>, context: StepContext): Promise<string> {
  const chosen = { kind: values.humanInputModel, config: values.humanInputModelConfig }
  const model = await modelOf('humanInputModel', chosen, context)
  const prompt =
    values.humanInputModelPrompt ||
    'Summarize the conversation, repeat the last message of the assistant, and ask whether to ' +
      'proceed.'
  const messages: ChatMessage[] = [
    ...(await context.past()),
    ...context.said,
    { role: 'user', content: prompt },
  ]
  return (await model.ask({ messages, signal: context.signal })).text
}

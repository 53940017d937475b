import { defineNode } from '../../node/define.ts'
import { anchors, json, number, optionalAnchor, text } from '../../node/inputs.ts'
import { textOf } from '../../text/paths.ts'
import { toldOf, workAsMember } from '../../turns/agent.ts'
import { speechOf } from '../../turns/talk.ts'

/** Does what its supervisor asks for, and reports. */
export const worker = defineNode({
  name: 'worker',
  label: 'Worker',
  version: 2,
  category: 'Multi Agents',
  description: 'Works with tools on what its supervisor asks for.',
  inputs: {
    workerName: text(),
    workerPrompt: text(),
    tools: anchors('tool'),
    model: optionalAnchor('chatModel'),
    promptValues: json({ acceptVariable: true }),
    maxIterations: number(),
  },
  turn: async (inputs, context) => {
    const model = context.modelOr(inputs.model)
    const speech = {
      system: inputs.workerPrompt,
      human: '',
      values: inputs.promptValues,
      selection: 'all_messages',
    } as const
    const instructions = textOf(context.state.values['instructions'])
    const messages = [
      ...speechOf(speech, model, context),
      ...(instructions === '' ? [] : [{ role: 'user', content: instructions } as const]),
    ]
    const { tools, maxIterations } = inputs
    const end = await workAsMember({ model, tools, messages, maxIterations }, context)
    return {
      said: [{ role: 'assistant', content: end.text, speaker: context.node.id }],
      goTo: context.nodesOf('supervisor').map(({ id }) => id),
      told: toldOf(end),
    }
  },
})

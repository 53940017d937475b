import { defineNode } from '../../node/define.ts'
import { json, text } from '../../node/inputs.ts'
import { createPrompt } from '../../talk/prompt.ts'

export const promptTemplate = defineNode({
  name: 'promptTemplate',
  label: 'Prompt Template',
  version: 1,
  category: 'Prompts',
  description: 'One message with {variables}.',
  inputs: {
    template: text(),
    promptValues: json({ acceptVariable: true }),
  },
  build: async ({ template, promptValues }, { node }) => {
    const drawn = node.inputs['promptValues']
    return createPrompt([{ role: 'user', content: template }], promptValues, drawn)
  },
})

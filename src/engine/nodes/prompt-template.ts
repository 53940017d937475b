import { json, text } from '../inputs.ts'
import { defineNode } from '../node.ts'
import { createPrompt } from '../prompt.ts'

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
  build: async ({ template, promptValues }) =>
    createPrompt([{ role: 'user', content: template }], promptValues),
})

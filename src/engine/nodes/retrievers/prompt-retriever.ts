import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import type { PromptChoice } from '../../node/instances.ts'

export const promptRetriever = defineNode({
  name: 'promptRetriever',
  label: 'Prompt Retriever',
  version: 1,
  category: 'Retrievers',
  description: 'A prompt, with what it is good for, for a chain to choose.',
  inputs: { name: text(), description: text(), systemMessage: text() },
  build: async (inputs): Promise<PromptChoice> => ({ kind: 'promptChoice', ...inputs }),
})

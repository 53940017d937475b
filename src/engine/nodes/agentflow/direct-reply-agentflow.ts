import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'

/** Replies with a text of the author's. */
export const directReplyAgentflow = defineNode({
  name: 'directReplyAgentflow',
  label: 'Direct Reply',
  version: 1,
  category: 'Agent Flows',
  description: 'Replies with a text, in which references are resolved.',
  inputs: { directReplyMessage: text({ acceptVariable: true }) },
  step: async ({ directReplyMessage: content }, { emit }) => {
    emit({ event: 'token', data: content })
    return { input: {}, output: { content } }
  },
})

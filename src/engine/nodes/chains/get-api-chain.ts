import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import { answerByApi, apiInputs } from '../../tools/api-answer.ts'

const urlPrompt =
  'This is the documentation of an API:\n{api_docs}\n\nWrite down the whole address to call so ' +
  'that its answer helps with the question below and holds as little else as possible. Answer ' +
  'with the address alone.\n\nQuestion: {question}\nAddress:'
const ansPrompt =
  'The API answered this to {api_url}:\n{api_response}\n\nAnswer the question from it: {question}'

/** Asks an API that is described in words. */
export const getApiChain = defineNode({
  name: 'getApiChain',
  label: 'GET API Chain',
  version: 1,
  category: 'Chains',
  description: 'Answers from what an API says to a GET.',
  inputs: {
    ...apiInputs,
    urlPrompt: text({ default: urlPrompt }),
    ansPrompt: text({ default: ansPrompt }),
  },
  run: async (inputs, context) => {
    const way = { ...inputs, method: 'GET', read: addressIn } as const
    return { text: await answerByApi(inputs, way, context) }
  },
})

/** The first address in a text, without the signs that may stand around it. */
function addressIn(said: string): { url: string } | undefined {
  const found = /https?:\/\/[^\s"'`<>]+/i.exec(said)?.[0]
  // Signs are looked at from the first of them only.
  const url = found?.replace(/(?<![.,;)\]])[.,;)\]]+$/, '')
  return url === undefined ? undefined : { url }
}

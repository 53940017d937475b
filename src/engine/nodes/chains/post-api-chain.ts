import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import { findJson } from '../../text/json.ts'
import { isRecord } from '../../text/paths.ts'
import { answerByApi, apiInputs, type WrittenCall } from '../../tools/api-answer.ts'

const urlPrompt =
  'This is the documentation of an API:\n{api_docs}\n\nWrite down, as JSON, the call whose answer ' +
  'helps with the question below and holds as little else as possible: {"url": "the whole ' +
  'address", "data": {what to send}}. Answer with the JSON alone.\n\nQuestion: {question}\nJSON:'
const ansPrompt =
  'This call was made:\n{api_url_body}\n\nThe API answered:\n{api_response}\n\n' +
  'Answer the question from it: {question}'

/** Sends something to an API that is described in words. */
export const postApiChain = defineNode({
  name: 'postApiChain',
  label: 'POST API Chain',
  version: 1,
  category: 'Chains',
  description: 'Answers from what an API says to a POST.',
  inputs: {
    ...apiInputs,
    urlPrompt: text({ default: urlPrompt }),
    ansPrompt: text({ default: ansPrompt }),
  },
  run: async (inputs, context) => {
    const way = { ...inputs, method: 'POST', read: callIn } as const
    return { text: await answerByApi(inputs, way, context) }
  },
})

function callIn(said: string): WrittenCall | undefined {
  const found = findJson(said)
  const url = isRecord(found) ? found['url'] : undefined
  if (!isRecord(found) || typeof url !== 'string') return undefined
  return { url, body: found['data'] ?? {} }
}

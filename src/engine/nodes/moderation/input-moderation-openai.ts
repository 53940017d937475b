import { z } from 'zod'
import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { addressInputs, reachOf } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import type { Moderation } from '../../node/instances.ts'
import { limits, withinLimit } from '../../node/limits.ts'
import { withoutEndSlashes } from '../../text/urls.ts'

const refusalText = "Cannot Process! Input violates OpenAI's content moderation policies."
const verdict = z.object({ results: z.array(z.object({ flagged: z.boolean() })) })

export const inputModerationOpenAI = defineNode({
  name: 'inputModerationOpenAI',
  label: 'OpenAI Moderation',
  version: 1,
  category: 'Moderation',
  description: 'Refuses a question that OpenAI finds harmful.',
  credential: 'openAIApi',
  inputs: {
    ...addressInputs,
    openAIApiKey: text({ secret: true }),
    moderationErrorMessage: text({ default: refusalText }),
  },
  build: async (inputs, context): Promise<Moderation> => {
    const provider = {
      baseUrl: 'https://api.openai.com/v1',
      keyField: 'openAIApiKey',
      apiKey: inputs.openAIApiKey,
      needsKey: true,
    }
    const { baseUrl, headers, apiKey = '' } = await reachOf(inputs, provider, context)
    const who = `The provider of ${nodeTitle(context.node)}`
    const late = () => new Failure('TIMEOUT', `${who} did not answer in time.`)
    return {
      kind: 'moderation',
      refusal: (input, signal = context.signal) =>
        withinLimit({ ms: limits.tool, signals: [signal], late }, async (within) => {
          const response = await context.ports.fetch(`${withoutEndSlashes(baseUrl)}/moderations`, {
            method: 'POST',
            headers: {
              ...headers,
              authorization: `Bearer ${apiKey}`,
              'content-type': 'application/json',
            },
            body: JSON.stringify({ input }),
            signal: within,
          })
          if (!response.ok) throw new Failure('UPSTREAM', `${who} answered ${response.status}.`)
          const read = verdict.safeParse(await response.json().catch(() => undefined))
          if (!read.success) throw new Failure('UPSTREAM', `${who} gave no verdict.`)
          const isFlagged = read.data.results.some(({ flagged }) => flagged)
          return isFlagged ? inputs.moderationErrorMessage : undefined
        }),
    }
  },
})

import { z } from 'zod'
import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { FollowUp } from '../flow/follow-up.ts'
import type { ChatModel, JsonSchema } from '../node/instances.ts'
import type { FlowResult } from '../node/result.ts'
import type { Run } from './context.ts'
import { aloneNode, buildAll } from './node-context.ts'
import { renderHistory } from './references.ts'

const schema: JsonSchema = {
  type: 'object',
  properties: {
    questions: {
      type: 'array',
      items: { type: 'string' },
      description: 'What the person might ask next.',
    },
  },
  required: ['questions'],
  additionalProperties: false,
}
const reply = z.object({ questions: z.array(z.string()) })

/**
 * What might be asked next, where the flow's author wants it told and the run has an answer. The
 * answer stands without it: what fails here is only said to `miss`.
 */
export async function suggestFollowUps(
  run: Run,
  { text, action }: FlowResult,
): Promise<Pick<FlowResult, 'followUpPrompts'>> {
  const { followUp } = run.flow
  const isInner = (run.ancestors ?? []).length > 0
  if (!followUp || isInner || !text || action) return {}
  try {
    const model = await modelOf(run, followUp)
    const content = promptOf(followUp, run, text)
    const { json } = await model.ask({ messages: [{ role: 'user', content }], schema })
    return { followUpPrompts: reply.parse(json).questions }
  } catch (failure) {
    run.miss?.(failure)
    return {}
  }
}

function promptOf({ prompt }: FollowUp, run: Run, answer: string): string {
  const history = renderHistory([
    { role: 'userMessage', content: run.input.question ?? '' },
    { role: 'apiMessage', content: answer },
  ])
  return prompt.replaceAll('{history}', () => history)
}

async function modelOf(run: Run, { nodeName, inputs, credential }: FollowUp): Promise<ChatModel> {
  const label = 'Follow-up prompts'
  const config = { ...inputs, credential }
  const node = aloneNode({ id: 'followUpPrompts', name: nodeName, label, config })
  const [model] = await buildAll(run, 'chatModel', { node, inputs, hasCredential: true })
  if (model !== undefined) return model
  throw new Failure('UNPROCESSABLE', `The node ${nodeTitle(node)} builds nothing.`)
}

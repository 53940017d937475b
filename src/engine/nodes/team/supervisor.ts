import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode } from '../../node/define.ts'
import { anchor, anchors, anything, bool, number, text, type InputsOf } from '../../node/inputs.ts'
import type { ChatMessage, JsonSchema } from '../../node/instances.ts'
import type { TurnContext, TurnResult } from '../../node/turn.ts'
import { isRecord, textOf } from '../../text/paths.ts'
import { seenBy } from '../../turns/talk.ts'

const finish = 'FINISH'
const inputs = {
  supervisorName: text(),
  supervisorPrompt: text({
    default:
      'You lead a team of these workers: {team_members}. Say who works next and on what. Each ' +
      'worker reports what it did. When nothing is left to do, answer FINISH.',
  }),
  model: anchor('chatModel'),
  agentMemory: anything(),
  summarization: bool({ default: false }),
  recursionLimit: number({ default: 100 }),
  inputModeration: anchors('moderation'),
}

/** Says, turn by turn, which worker works next, until it is satisfied. */
export const supervisor = defineNode({
  name: 'supervisor',
  label: 'Supervisor',
  version: 3,
  category: 'Multi Agents',
  description: 'Leads a team of workers.',
  inputs,
  turn: async (values, context) => {
    const { model, inputModeration, agentMemory } = values
    const remembers = isRecord(agentMemory) && agentMemory['kind'] === 'teamMemory'
    const start = { model, fields: [], remembers, moderations: inputModeration }
    // The first time it only says what the team has; nothing was asked yet.
    if (context.state.messages.length === 0) return { start, goTo: [context.node.id] }
    return decision(values, context)
  },
})

async function decision(
  values: InputsOf<typeof inputs>,
  context: TurnContext,
): Promise<TurnResult> {
  const workers = new Map(context.nodesOf('worker').map(({ id }) => [workerName(context, id), id]))
  // The first turn opened the run.
  if (context.round - 1 > values.recursionLimit) throw tooLong(values.recursionLimit, context)
  const said = seenBy(context.node.id, context.state.messages, (id) => workerName(context, id))
  const names = [...workers.keys()]
  const ask = `Who works next? Or are we done (${finish})? Choose one of: ${[finish, ...names].join(', ')}.`
  const system = values.supervisorPrompt.replaceAll('{team_members}', names.join(', '))
  const messages: ChatMessage[] = [
    { role: 'system', content: system },
    ...said,
    { role: 'user', content: ask },
  ]
  const schema = routeSchema(names, values.summarization)
  const tool = { name: 'route', description: 'Names who works next.', schema }
  const asked = { messages, tools: [tool], toolChoice: { name: tool.name } }
  const { toolCalls, text } = await values.model.ask({ ...asked, signal: context.signal })
  const args = toolCalls[0]?.args ?? { next: finish, reasoning: text }
  const worker = workers.get(textOf(args['next']).trim().toLowerCase())
  const told = {
    messages: [textOf(args['reasoning'])],
    next: worker === undefined ? finish : textOf(args['next']),
    instructions: textOf(args['instructions']),
  }
  const task = { instructions: told.instructions }
  if (worker !== undefined) return { goTo: [worker], values: task, told }
  const answer = answerOf(args, context)
  return {
    said: [{ role: 'assistant', content: answer, speaker: context.node.id }],
    answer,
    told,
  }
}

/** The summary where the author wants one, else what the last worker said. */
function answerOf(
  { summarization, instructions, reasoning }: Readonly<Record<string, unknown>>,
  { state, node }: TurnContext,
): string {
  const isWorker = ({ speaker = node.id }) => speaker !== node.id
  const last = state.messages.findLast(isWorker)?.content
  return textOf(summarization) || last || textOf(instructions) || textOf(reasoning)
}

function routeSchema(names: readonly string[], withSummary: boolean): JsonSchema {
  const summarization = { type: 'string', description: 'The answer to the user, out of all this' }
  return {
    type: 'object',
    properties: {
      reasoning: { type: 'string', description: 'Why' },
      next: { type: 'string', enum: [finish, ...names] },
      instructions: { type: 'string', description: 'What exactly the next worker shall do' },
      ...(withSummary ? { summarization } : {}),
    },
    required: ['reasoning', 'next', 'instructions'],
  }
}

function workerName(context: TurnContext, id: string): string {
  return context.nameOf(id).trim().toLowerCase().replaceAll(/\s+/g, '_')
}

function tooLong(limit: number, { node }: TurnContext): Failure {
  return new Failure('UNPROCESSABLE', `${nodeTitle(node)} stopped its team after ${limit} rounds.`)
}

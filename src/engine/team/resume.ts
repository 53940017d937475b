import { Failure } from '../../core/errors.ts'
import type { HumanInput } from '../node/human.ts'
import type { SavedRun } from '../node/ports.ts'
import type { TeamMessage, TeamState } from '../node/turn.ts'
import { messagesOf } from '../talk/history.ts'
import { isRecord, textOf } from '../text/paths.ts'
import { withoutOpenCalls } from '../turns/state.ts'
import type { Kept, Team } from './context.ts'

/**
 * Sets the state a run begins with: that of the run that stopped, when a person decided on it;
 * else what the session remembers, the author's values, and the question.
 * @throws Failure CONFLICT when there is a decision and nothing stopped, or another run goes on from there.
 */
export async function beginning(team: Team): Promise<Kept | undefined> {
  const { run, start } = team
  const { humanInput } = run.input
  const needsSaved = start.remembers || humanInput !== undefined
  const saved = needsSaved ? await run.ports.savedRun(run.sessionId) : undefined
  const kept = saved && stoppedAt(saved, humanInput ?? answerTo(saved, team.question))
  if (kept !== undefined) {
    await saved?.claim()
    takeUp(team, saved)
    return kept
  }
  if (humanInput !== undefined) {
    throw new Failure('CONFLICT', 'There is no stopped run in this session to go on with.')
  }
  const before = start.remembers ? (savedState(saved) ?? (await remembered(team))) : undefined
  begin(team, before)
  return undefined
}

function takeUp(team: Team, saved: SavedRun | undefined): void {
  team.state = savedState(saved) ?? team.state
  // What came with the decision is no question.
  const asked = team.state.messages.findLast(({ role }) => role === 'user')
  team.question = asked?.content ?? team.question
}

function begin(team: Team, before: TeamState | undefined): void {
  const initial = team.start.fields.map(({ key, initial }) => [key, initial] as const)
  const asked: TeamMessage = { role: 'user', content: team.question }
  team.state = {
    messages: [...withoutOpenCalls(before?.messages ?? []), asked],
    values: { ...Object.fromEntries(initial), ...before?.values },
  }
}

/** The conversation as it is stored, when no run of the session was kept. */
async function remembered({ run }: Team): Promise<TeamState> {
  return { messages: messagesOf(await run.history()), values: {} }
}

function savedState(saved: SavedRun | undefined): TeamState | undefined {
  const { messages, values } = saved?.state ?? {}
  if (!Array.isArray(messages) || !isRecord(values)) return undefined
  return { messages: messages as TeamMessage[], values }
}

function stoppedAt(saved: SavedRun, human: HumanInput | undefined): Kept | undefined {
  const stop = saved.status === 'STOPPED' ? saved.state?.['stop'] : undefined
  if (human === undefined || !isRecord(stop) || !Array.isArray(stop['next'])) return undefined
  const nodeId = textOf(stop['nodeId'])
  const next = stop['next'] as string[]
  return { next, resumed: { nodeId, human, output: { paused: stop['paused'] } } }
}

/** A click on one of the buttons comes as a question with the button's words. */
function answerTo({ state }: SavedRun, question: string): HumanInput | undefined {
  const stop = state?.['stop']
  const mapping = isRecord(stop) && isRecord(stop['mapping']) ? stop['mapping'] : {}
  if (question === '') return undefined
  if (question === mapping['approve']) return { type: 'proceed' }
  return question === mapping['reject'] ? { type: 'reject' } : undefined
}

import { Failure } from '../../core/errors.ts'
import { createParts } from '../chatflow/parts.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { AgentReasoning } from '../node/events.ts'
import type { FlowResult } from '../node/result.ts'
import type { Told, TurnResult } from '../node/turn.ts'
import { findNode } from '../nodes/index.ts'
import type { Run } from '../run/context.ts'
import { cannotRun } from '../run/problems.ts'
import { tellFound } from '../steps/agent.ts'
import { questionOf } from '../talk/question.ts'
import { behind, plain } from '../turns/conditions.ts'
import { changed, shownState } from '../turns/state.ts'
import { memberName, turnContext, type Kept, type Team } from './context.ts'
import { planTeam } from './plan.ts'
import { beginning } from './resume.ts'

/** So many times the members that are next have their turns. */
const maxRounds = 100
/** Decisions that only lead to decisions would never end. */
const maxTurns = 1000

/**
 * Lets a team of agents work: round by round, the members that are next have their turns, all on
 * the state the round began with; then what they said and changed is taken over, and conditions
 * and loops say who is next. Ends when nobody is, or when a person has to agree to a call.
 */
export async function runTeam(run: Run): Promise<FlowResult> {
  const plan = planTeam(run.flow)
  if (!plan.ok) throw cannotRun(plan.problems)
  const spoken = new Map<string, string>()
  // Tools are built once, and read the state of the round they are called in.
  const facts = {
    ...run.facts,
    get state() {
      return shownState(team.state)
    },
  }
  const team: Team = {
    run,
    members: plan.members,
    // A member's words, not the member, are what prompts refer to.
    parts: createParts({ ...run, facts }, (id) =>
      plan.members.has(id) ? Promise.resolve(spoken.get(id) ?? '') : undefined,
    ),
    question: questionOf(run.input),
    start: { fields: [], remembers: false, moderations: [] },
    state: { messages: [], values: {} },
    lastOutput: undefined,
    spoken,
    reasoning: [],
    turns: [],
  }
  const opening = await takeTurn(team, plan.start)
  team.start = opening.start ?? team.start
  const refusal = await refusalOf(team)
  if (refusal !== undefined) return { text: refusal, sessionId: run.sessionId }
  const kept = await beginning(team)
  if (run.input.streaming === true) run.emit({ event: 'start', data: '' })
  const first =
    opening.start === undefined ? [plan.start.id] : await nextOf(team, plan.start, opening)
  return work(team, kept ?? { next: opening.answer === undefined ? first : [] })
}

async function work(team: Team, from: Kept): Promise<FlowResult> {
  let { next, resumed } = from
  for (let round = 1; next.length > 0; round += 1) {
    if (round > maxRounds) throw tooLong(maxRounds, 'rounds')
    const { ended, stop } = await playRound(team, next, resumed)
    if (stop !== undefined) return stopped(team, { ...stop, next })
    resumed = undefined
    const answer = ended.find(({ result }) => result.answer !== undefined)?.result.answer
    if (answer !== undefined) return finished(team, answer)
    const nexts: string[] = []
    for (const { node, result } of ended) nexts.push(...(await nextOf(team, node, result)))
    next = [...new Set(nexts)]
    for (const id of next) team.run.emit({ event: 'nextAgent', data: memberName(team, id) })
  }
  return finished(team, team.state.messages.at(-1)?.content ?? '')
}

interface Ended {
  readonly node: FlowNode
  readonly result: TurnResult
}

/** Lets members have their turns on one state, then takes over what they said and changed. */
async function playRound(
  team: Team,
  next: readonly string[],
  resumed: Kept['resumed'],
): Promise<{ readonly ended: readonly Ended[]; readonly stop?: Ended }> {
  const ended: Ended[] = []
  for (const id of next) {
    const node = team.members.get(id)
    if (node === undefined) continue
    const result = await takeTurn(team, node, resumed?.nodeId === id ? resumed : undefined)
    if (result.stop !== undefined) return { ended, stop: { node, result } }
    ended.push({ node, result })
  }
  for (const { result } of ended) {
    team.state = await changed(team.state, team.start.fields, result)
  }
  return { ended }
}

/** One member's turn; what clients are shown of it is told. */
async function takeTurn(
  team: Team,
  node: FlowNode,
  resumed?: Kept['resumed'],
): Promise<TurnResult> {
  const { run, parts } = team
  run.signal.throwIfAborted()
  team.turns.push(node.id)
  if (team.turns.length > maxTurns) throw tooLong(maxTurns, 'turns')
  const definition = findNode(node.name)
  if (definition?.turn === undefined) {
    throw new Failure('UNPROCESSABLE', `The node ${nodeTitle(node)} is no member of a team.`)
  }
  const { inputs, hasCredential } = await parts.resolve(node, definition)
  const result = await definition.turn(inputs, turnContext(team, { node, hasCredential, resumed }))
  const words = result.said?.findLast(({ role }) => role !== 'user')?.content
  if (words !== undefined) team.spoken.set(node.id, words)
  if (result.output !== undefined) team.lastOutput = result.output
  if (result.told !== undefined) tell(team, node, result.told)
  return result
}

function tell(team: Team, node: FlowNode, told: Told): void {
  const entry: AgentReasoning = {
    agentName: memberName(team, node.id),
    ...told,
    state: team.state.values,
    nodeName: node.name,
    nodeId: node.id,
  }
  team.reasoning.push(entry)
  team.run.emit({ event: 'agentReasoning', data: [...team.reasoning] })
}

/** Ids of the members that follow; what only decides has its turn on the way. */
async function nextOf(team: Team, node: FlowNode, result: TurnResult): Promise<readonly string[]> {
  const ids = followers(team, node, result)
  const found: string[] = []
  for (const id of ids) {
    const follower = team.members.get(id)
    if (follower === undefined) continue
    if (findNode(follower.name)?.decides !== true) found.push(id)
    else found.push(...(await decided(team, follower)))
  }
  return found
}

/** Who follows a decision; clients are shown which way it went. */
async function decided(team: Team, node: FlowNode): Promise<readonly string[]> {
  const result = await takeTurn(team, node)
  const ids = await nextOf(team, node, result)
  if (result.branch !== undefined) {
    tell(team, node, { messages: ids.map((id) => memberName(team, id)) })
  }
  return ids
}

function followers(team: Team, node: FlowNode, result: TurnResult): readonly string[] {
  const { edges } = team.run.flow
  if (result.goTo !== undefined) return result.goTo
  if (result.branch !== undefined) return behind(edges, node.id, result.branch)
  if (result.loopTo === undefined) {
    return edges.filter(({ source }) => source === node.id).map(({ target }) => target)
  }
  const name = plain(result.loopTo)
  const target = [...team.members.keys()].find((id) => plain(memberName(team, id)) === name)
  if (target !== undefined) return [target]
  const sentence = `The node ${nodeTitle(node)} cannot run: there is no "${result.loopTo}" to go to.`
  throw new Failure('UNPROCESSABLE', sentence)
}

async function refusalOf({ run, question, start }: Team): Promise<string | undefined> {
  for (const moderation of start.moderations) {
    const refusal = await moderation.refusal(question, run.signal)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function finished(team: Team, text: string): FlowResult {
  const result = resultOf(team)
  team.run.emit({ event: 'token', data: text })
  tellFound(result, team.run)
  return { ...result, text, status: 'FINISHED', state: { ...team.state } }
}

/** Keeps, besides the state, who was at work and how far. */
function stopped(
  team: Team,
  { next, node, result }: Ended & { readonly next: readonly string[] },
): FlowResult {
  const { action, text = '', paused } = result.stop ?? {}
  team.run.emit({ event: 'token', data: text })
  tellFound(resultOf(team), team.run)
  team.run.emit({ event: 'action', data: action })
  const state = { ...team.state, stop: { next, nodeId: node.id, paused, mapping: action?.mapping } }
  return { ...resultOf(team), text, status: 'STOPPED', state, ...(action ? { action } : {}) }
}

function resultOf({ run, reasoning }: Team): Omit<FlowResult, 'text'> {
  const memory = [...run.flow.nodes.values()].find(
    ({ name }) => findNode(name)?.category === 'Memory',
  )
  const all = <K extends 'usedTools' | 'sourceDocuments' | 'artifacts'>(key: K) => {
    const items = reasoning.flatMap((entry) => [...(entry[key] ?? [])])
    return items.length === 0 ? {} : { [key]: items }
  }
  return {
    sessionId: run.sessionId,
    agentReasoning: reasoning,
    ...(memory === undefined ? {} : { memoryType: memory.label }),
    ...all('usedTools'),
    ...all('sourceDocuments'),
    ...all('artifacts'),
  }
}

function tooLong(max: number, what: string): Failure {
  return new Failure('UNPROCESSABLE', `The flow was stopped after ${max} ${what}.`)
}

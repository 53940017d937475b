import { Failure } from '../../core/errors.ts'
import type { Parts } from '../chatflow/parts.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { AgentReasoning } from '../node/events.ts'
import type { HumanInput } from '../node/human.ts'
import { anchors } from '../node/inputs.ts'
import type { Tool } from '../node/instances.ts'
import type { TeamStart, TeamState, TurnContext, Values } from '../node/turn.ts'
import { findNode } from '../nodes/index.ts'
import type { Run } from '../run/context.ts'
import { nodeContext } from '../run/node-context.ts'
import { textOf } from '../text/paths.ts'

/** A team at work. */
export interface Team {
  readonly run: Run
  readonly members: ReadonlyMap<string, FlowNode>
  readonly parts: Parts
  question: string
  readonly spoken: Map<string, string>
  readonly reasoning: AgentReasoning[]
  start: TeamStart
  state: TeamState
  lastOutput: unknown
  /** Ids of those who had their turns. */
  readonly turns: string[]
}

/** Where a team goes on. */
export interface Kept {
  /** Ids of those who are next. */
  readonly next: readonly string[]
  readonly resumed?: {
    readonly nodeId: string
    readonly human: HumanInput
    readonly output: Values
  }
}

/** Inputs in which the kinds of members keep their names. */
const nameInputs = [
  'agentName',
  'llmNodeName',
  'toolNodeName',
  'conditionName',
  'conditionAgentName',
  'functionName',
  'seqExecuteFlowName',
  'workerName',
  'supervisorName',
]

export function memberName({ members }: Pick<Team, 'members'>, id: string): string {
  const node = members.get(id)
  const given = nameInputs.map((input) => textOf(node?.inputs[input]).trim())
  return given.find((name) => name !== '') ?? node?.label ?? id
}

export function turnContext(
  team: Team,
  how: {
    readonly node: FlowNode
    readonly hasCredential: boolean
    readonly resumed: Kept['resumed'] | undefined
  },
): TurnContext {
  const { run, start, members, question, state, lastOutput } = team
  const { node, resumed, hasCredential } = how
  const targets = run.flow.edges.filter(({ source }) => source === node.id)
  const following = targets.flatMap(({ target }) => members.get(target) ?? [])
  return {
    ...nodeContext(run, node, { isLast: false, hasCredential }),
    question,
    state,
    start,
    lastOutput,
    round: team.turns.filter((id) => id === node.id).length,
    following,
    nameOf: (id) => memberName(team, id),
    nodesOf: (kind) => [...members.values()].filter(({ name }) => name === kind),
    toolsBeside: () => toolsOf(team, [...following, ...membersBefore(team, node)]),
    modelOr: (own) => {
      const model = own ?? start.model
      if (model !== undefined) return model
      const sentence = `The node ${nodeTitle(node)} cannot run: it needs a chat model.`
      throw new Failure('UNPROCESSABLE', sentence)
    },
    ...(resumed === undefined ? {} : { resumed }),
  }
}

function membersBefore({ run, members }: Team, { id }: FlowNode): readonly FlowNode[] {
  const edges = run.flow.edges.filter(({ target }) => target === id)
  return edges.flatMap(({ source }) => members.get(source) ?? [])
}

/** The tools of tool nodes, each once. */
async function toolsOf({ parts }: Team, nodes: readonly FlowNode[]): Promise<readonly Tool[]> {
  const tools = nodes.map(async (node) => {
    const definition = findNode(node.name)
    if (node.name !== 'seqToolNode' || definition === undefined) return []
    const { inputs } = await parts.resolve(node, definition)
    return anchors('tool').read(inputs['tools'])
  })
  const all = (await Promise.all(tools)).flat()
  return [...new Map(all.map((tool) => [tool.name, tool])).values()]
}

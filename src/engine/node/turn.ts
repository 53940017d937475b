import type { FlowNode } from '../flow/flow.ts'
import type { NodeContext } from './context.ts'
import type { SourceDocument, UsedTool } from './events.ts'
import type { Action, HumanInput } from './human.ts'
import type { ChatMessage, ChatModel, Moderation, Tool } from './instances.ts'
import type { PausedAgent } from './step.ts'

/** A message with the id of the node whose words it is; none: the caller's. */
export type TeamMessage = ChatMessage & { readonly speaker?: string }

export type Values = Readonly<Record<string, unknown>>

/** What a team of agents has in common while it works; it survives as JSON. */
export interface TeamState {
  readonly messages: readonly TeamMessage[]
  /** Values of the author's own, by key. */
  readonly values: Values
}

/** One value of a team's state. */
export interface StateField {
  readonly key: string
  readonly initial: unknown
  /** What it becomes by a change: the new value, a longer list, what code of the author's says. */
  readonly join: (before: unknown, change: unknown) => Promise<unknown>
}

/** What a team starts with. */
export interface TeamStart {
  readonly model?: ChatModel
  readonly fields: readonly StateField[]
  /** What was said and noted in the session stays. */
  readonly remembers: boolean
  readonly moderations: readonly Moderation[]
}

/** The world of one member of a team. */
export interface TurnContext extends NodeContext {
  readonly question: string
  readonly state: TeamState
  readonly start: TeamStart
  /** Result of the member before, for those that only decide: `$flow.output`. */
  readonly lastOutput: unknown
  /** How many turns the member has had in this run, this one included. */
  readonly round: number
  /** Names of the nodes, by id. */
  nameOf(id: string): string
  /** Nodes that this one leads to by an edge. */
  readonly following: readonly FlowNode[]
  /** The tools of the tool nodes before and after: providers want to know of calls they are shown. */
  toolsBeside(): Promise<readonly Tool[]>
  /** Nodes of the flow with a kind's name. */
  nodesOf(kind: string): readonly FlowNode[]
  /** The member's model, else the team's. @throws Failure UNPROCESSABLE when there is neither. */
  modelOr(own: ChatModel | undefined): ChatModel
  readonly resumed?: {
    readonly human: HumanInput
    /** `paused` is the member's work as it stood. */
    readonly output: Values
  }
}

export interface TurnResult {
  readonly said?: readonly TeamMessage[]
  /** Changes of the state's values. */
  readonly values?: Values
  /** What `$flow.output` means in conditions that follow. */
  readonly output?: unknown
  /** Who goes on: the nodes with these ids. Absent: those that follow. */
  readonly goTo?: readonly string[]
  /** Who goes on: those behind the output with this name. */
  readonly branch?: string
  /** Who goes on: the member with this name. */
  readonly loopTo?: string
  readonly start?: TeamStart
  /** The answer of the whole team, where it is not what was said last. */
  readonly answer?: string
  readonly told?: Told
  readonly stop?: {
    readonly action: Action
    readonly text: string
    readonly paused: PausedAgent | Values
  }
}

/** What clients are shown of a member's turn. */
export interface Told {
  readonly messages: readonly string[]
  readonly next?: string
  readonly instructions?: string
  readonly usedTools?: readonly UsedTool[]
  readonly sourceDocuments?: readonly SourceDocument[]
  readonly artifacts?: readonly unknown[]
}

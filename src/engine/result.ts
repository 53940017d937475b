import type { Action } from './agentflow-step.ts'
import type { RunStatus, SourceDocument, TokenUsage, UsedTool } from './events.ts'

/** What a chain or agent hands back: text, or a value where a parser made one. */
export interface Answer {
  readonly text?: string
  readonly json?: unknown
  readonly sourceDocuments?: readonly SourceDocument[]
  readonly usedTools?: readonly UsedTool[]
  readonly artifacts?: readonly unknown[]
  readonly usage?: TokenUsage
}

/** What a run hands back to the prediction that asked for it. */
export interface FlowResult extends Answer {
  /** The conversation the run belonged to; where its two messages are to be stored. */
  readonly sessionId: string
  /** Label of the memory node, when the flow has one. */
  readonly memoryType?: string
  /** What set-variable nodes show besides. */
  readonly flowVariables?: Readonly<Record<string, unknown>>
  /** What each member of a team did, turn by turn. */
  readonly agentReasoning?: readonly AgentReasoning[]
  readonly agentFlowExecutedData?: readonly ExecutedNode[]
  /** Asks the caller to proceed or reject, when a human has to decide. */
  readonly action?: Action
  /** FINISHED or STOPPED, of runs that keep a record; other ends throw. */
  readonly status?: RunStatus
  /** What a later run of the session takes up; to be kept with the record. */
  readonly state?: Readonly<Record<string, unknown>>
}

/** One turn of a member of a team. */
export interface AgentReasoning {
  readonly agentName: string
  readonly messages: readonly string[]
  readonly next?: string
  readonly instructions?: string
  readonly usedTools?: readonly UsedTool[]
  readonly sourceDocuments?: readonly SourceDocument[]
  readonly artifacts?: readonly unknown[]
  readonly state: Readonly<Record<string, unknown>>
  readonly nodeName: string
  readonly nodeId: string
}

/** One row of an agentflow's record, free of credential ids. */
export interface ExecutedNode {
  readonly nodeId: string
  readonly nodeLabel: string
  readonly data: Readonly<Record<string, unknown>>
  readonly previousNodeIds: readonly string[]
  readonly status: RunStatus
}

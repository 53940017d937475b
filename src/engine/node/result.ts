import type {
  AgentReasoning,
  ExecutedNode,
  RunStatus,
  SourceDocument,
  TokenUsage,
  UsedTool,
} from './events.ts'
import type { Action } from './human.ts'

/** What a chain or agent hands back: text, or a value where a parser made one. */
export interface Answer {
  readonly text?: string
  readonly json?: unknown
  readonly sourceDocuments?: readonly SourceDocument[]
  readonly usedTools?: readonly UsedTool[]
  readonly artifacts?: readonly unknown[]
}

/** What a run hands back to the prediction that asked for it. */
export interface FlowResult extends Answer {
  /** The conversation the run belonged to; where its two messages are to be stored. */
  readonly sessionId: string
  /** What all models of the run cost; absent when none was asked. */
  readonly usage?: TokenUsage
  /** Label of the memory node, when the flow has one. */
  readonly memoryType?: string
  /** What set-variable nodes show besides. */
  readonly flowVariables?: Readonly<Record<string, unknown>>
  /** What each member of a team did, turn by turn. */
  readonly agentReasoning?: readonly AgentReasoning[]
  readonly agentFlowExecutedData?: readonly ExecutedNode[]
  /** What might be asked next, by the model that the flow's author chose for that. */
  readonly followUpPrompts?: readonly string[]
  /** Asks the caller to proceed or reject, when a human has to decide. */
  readonly action?: Action
  /** FINISHED or STOPPED, of runs that keep a record; other ends throw. */
  readonly status?: RunStatus
  /** What a later run of the session takes up; to be kept with the record. */
  readonly state?: Readonly<Record<string, unknown>>
}

/** What an upsert did to a vector store. */
export interface UpsertResult {
  readonly numAdded: number
  readonly numUpdated: number
  readonly numSkipped: number
  readonly numDeleted: number
  /** The first of the added chunks. */
  readonly addedDocs: readonly SourceDocument[]
  /** Where the chunks are: this server, or the service of a credential; null for an empty flow. */
  readonly store: string | null
}

/** A piece of a run's story, as streaming clients see it: `{event, data}`. */
export type FlowEvent =
  | { readonly event: 'start'; readonly data: string }
  | { readonly event: 'token'; readonly data: string }
  | { readonly event: 'thinking'; readonly data: string; readonly duration?: number }
  | { readonly event: 'sourceDocuments'; readonly data: readonly SourceDocument[] }
  | { readonly event: 'usedTools'; readonly data: readonly UsedTool[] }
  | { readonly event: 'calledTools'; readonly data: readonly UsedTool[] }
  | { readonly event: 'artifacts'; readonly data: readonly unknown[] }
  | { readonly event: 'agentFlowEvent'; readonly data: RunStatus }
  | { readonly event: 'nextAgentFlow'; readonly data: NodeProgress }
  | { readonly event: 'agentFlowExecutedData'; readonly data: readonly ExecutedNode[] }
  | { readonly event: 'agentReasoning'; readonly data: readonly AgentReasoning[] }
  | { readonly event: 'nextAgent'; readonly data: string }
  | { readonly event: 'action'; readonly data: unknown }
  | { readonly event: 'usageMetadata'; readonly data: TokenUsage }
  | { readonly event: 'upsertProgress'; readonly data: UpsertProgress }

/** How far an upsert has come, in chunks. */
export interface UpsertProgress {
  /** Read from the files. */
  readonly loaded: number
  /** Embedded and written. */
  readonly added: number
  /** There already. */
  readonly skipped: number
}

export type Emit = (event: FlowEvent) => void

export type RunStatus = 'INPROGRESS' | 'FINISHED' | 'STOPPED' | 'ERROR' | 'TERMINATED'

export interface NodeProgress {
  readonly nodeId: string
  readonly nodeLabel: string
  readonly status: RunStatus
  readonly error?: string
}

export interface SourceDocument {
  readonly pageContent: string
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface UsedTool {
  readonly tool: string
  readonly toolInput: unknown
  readonly toolOutput: unknown
  readonly error?: string
}

/** Tokens, as counted by the provider; 0 where it does not say. */
export interface TokenUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
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

/** One row of an agentflow's record, free of credential ids and secrets. */
export interface ExecutedNode {
  readonly nodeId: string
  readonly nodeLabel: string
  readonly data: Readonly<Record<string, unknown>>
  readonly previousNodeIds: readonly string[]
  readonly status: RunStatus
}

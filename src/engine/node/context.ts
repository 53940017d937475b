import type { FlowNode } from '../flow/flow.ts'
import type { Emit, TokenUsage } from './events.ts'
import type { Image, InstanceByKind, InstanceKind } from './instances.ts'
import type { HistoryMessage, NodeConfig, Ports, VectorOwner } from './ports.ts'
import type { FlowResult } from './result.ts'
import type { RunInput } from './run-input.ts'

/** A node that stands on no canvas, such as the embeddings of a document store. */
export interface Alone extends NodeConfig {
  readonly id: string
  /** Names it in messages. */
  readonly label: string
  readonly output?: string
  /** Who keeps its chunks. */
  readonly owner: VectorOwner
}

/** The world of one node within one run. */
export interface NodeContext {
  readonly node: FlowNode
  readonly input: RunInput
  readonly ports: Ports
  readonly signal: AbortSignal
  readonly sessionId: string
  /** Who keeps the chunks of the node. */
  readonly owner: VectorOwner
  /** Tells the caller of the run; a node that is not the last one is not heard. */
  readonly emit: Emit
  /** Whether somebody hears what this node says piece by piece. */
  readonly isHeard: boolean
  /** Pictures that came with the question. */
  readonly images: readonly Image[]
  /** Values behind `$vars` and `$flow`, for code. */
  readonly variables: Readonly<Record<string, string>>
  readonly facts: Readonly<Record<string, unknown>>
  /** Fields of the node's credential; none when it has no credential or lost it to an override. */
  credential(): Promise<Readonly<Record<string, string>>>
  history(): Promise<readonly HistoryMessage[]>
  /** What a set-variable node of the chatflow keeps; undefined when none has the name. */
  keptVariable(name: string): Promise<unknown>
  /** Shows a value to the caller besides the answer. */
  publish(name: string, value: unknown): void
  /**
   * Runs another flow of the workspace; its events are not heard. It ends with the signal, which is
   * the run's own when absent. @throws Failure when it would run inside itself, or too deep.
   */
  runFlow(id: string, input: RunInput, signal?: AbortSignal): Promise<FlowResult>
  /** From now on this value appears in no message of the run, nor in what it answers. */
  conceal(secret: string): void
  /** @throws Failure UNPROCESSABLE for a kind that is unknown or not of this sort. */
  buildAlone<K extends InstanceKind>(kind: K, alone: Alone): Promise<InstanceByKind[K]>
  /** Counts what a call of a model cost; models do it themselves. */
  spend(usage: TokenUsage): void
}

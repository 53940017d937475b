import type { Flow } from '../flow/flow.ts'
import type { NodeContext } from './context.ts'
import type { TokenUsage, UsedTool } from './events.ts'
import type { Action, HumanInput } from './human.ts'
import type { ChatMessage, InstanceByKind, InstanceKind, ToolCall } from './instances.ts'

export type State = Readonly<Record<string, unknown>>
export type Output = Readonly<Record<string, unknown>>

/** Part of a node that is a node kind of its own, such as the model of an LLM node. */
export interface Part {
  /** The kind's name. */
  readonly name: string
  /** Its inputs, with the credential id under `FLOWISE_CREDENTIAL_ID`. */
  readonly config: Readonly<Record<string, unknown>>
  /** Inputs of the node that name and configure it: a caller's change there costs the credential. */
  readonly from: readonly string[]
}

/** The world of an agentflow's node: besides its own, what earlier nodes left. */
export interface StepContext extends NodeContext {
  readonly flow: Flow
  readonly state: State
  /** The question, or the form as lines of text. */
  readonly question: string
  /** Names of inputs that the caller replaced. */
  readonly replaced: ReadonlySet<string>
  /** What nodes and people said so far in this run. */
  readonly said: readonly ChatMessage[]
  /** The session remembers the question already: the run goes on after a person decided. */
  readonly isQuestionPast: boolean
  /** What was said in the session before this run; nothing where the start node forgets it. */
  past(): Promise<readonly ChatMessage[]>
  /** What the models that this step asked have cost so far. */
  spent(): TokenUsage
  /** How many times the node runs in this run, this time included. */
  readonly round: number
  /** How the run goes on here after a person decided. */
  readonly resumed?: {
    readonly human: HumanInput
    /** The output with which the node had stopped. */
    readonly output: Output
  }
  /** @throws Failure UNPROCESSABLE for a kind that is unknown or not of this sort. */
  build<K extends InstanceKind>(kind: K, part: Part): Promise<readonly InstanceByKind[K][]>
  /** An input's value, in which `{{ output }}` and `{{ output.x }}` now mean the node's result. */
  settle(name: string, output: Output): Promise<unknown>
  /** Runs the nodes inside this one for an item, and answers their last text. */
  iterate(item: unknown, index: number): Promise<string>
}

export interface StepResult {
  /** Shown in the record; without credential ids. */
  readonly input: unknown
  /** `content` is the text that later nodes and the caller see. */
  readonly output: Output
  /** The whole new state; absent: unchanged. */
  readonly state?: State
  /** For deciding nodes: indexes of the outputs that are taken. */
  readonly branches?: readonly number[]
  /** Id of the node that runs next, instead of those that follow. */
  readonly goTo?: string
  /** Added to what was said in this run. */
  readonly said?: readonly ChatMessage[]
  /** Nodes after this one see nothing of what was said before the run. */
  readonly forgetsPast?: boolean
  /** The run ends here until a person decides; the action says between what. */
  readonly stop?: { readonly action: Action }
}

/** An agent's work as it stands when a person has to agree to calls; kept with the run's record. */
export interface PausedAgent {
  readonly messages: readonly ChatMessage[]
  readonly calls: readonly ToolCall[]
  readonly usedTools: readonly UsedTool[]
}

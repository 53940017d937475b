import type { SourceDocument, TokenUsage } from './events.ts'
import type { Answer } from './result.ts'

/** What nodes build for each other. The tag lets an input refuse a wrong wire by name. */
export interface InstanceByKind {
  readonly chatModel: ChatModel
  readonly prompt: Prompt
  readonly memory: Memory
  readonly tool: Tool
  readonly embedder: Embedder
  readonly retriever: Retriever
  readonly vectorStore: VectorStore
  readonly moderation: Moderation
  readonly outputParser: OutputParser
  readonly chain: Chain
  readonly branch: Branch
  readonly documents: Documents
  readonly splitter: Splitter
  readonly synthesizer: Synthesizer
  readonly promptChoice: PromptChoice
  readonly retrieverChoice: RetrieverChoice
  readonly recordManager: RecordManager
  readonly cache: Cache
}

export type InstanceKind = keyof InstanceByKind

/** A JSON Schema of an object. */
export type JsonSchema = Readonly<Record<string, unknown>>

export type ChatMessage = SpokenMessage | ToolMessage

export type SpokenMessage = SystemMessage | UserMessage | AssistantMessage

export interface SystemMessage {
  readonly role: 'system'
  readonly content: string
}

export interface UserMessage {
  readonly role: 'user'
  readonly content: string
  /** Stand before the text. */
  readonly images?: readonly Image[]
}

export interface AssistantMessage {
  readonly role: 'assistant'
  readonly content: string
  readonly toolCalls?: readonly ToolCall[]
  /**
   * The message as the provider gave it, for the same model to get back: some sign their thoughts
   * and refuse a conversation without them.
   */
  readonly native?: unknown
}

/** What a tool answered to a call of the assistant message before. */
export interface ToolMessage {
  readonly role: 'tool'
  readonly content: string
  readonly callId: string
  readonly toolName: string
}

export interface Image {
  /** A media type such as `image/png`. */
  readonly mime: string
  /** Base64; an address would be fetched by others than the guarded fetch. */
  readonly data: string
}

export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
}

/** What a model is told of a tool. */
export interface ToolFacts {
  readonly name: string
  readonly description: string
  readonly schema: JsonSchema
}

export interface ModelRequest {
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ToolFacts[]
  /** `{ name }` forces that tool; absent: the model decides. */
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string }
  /** The reply is to be JSON of this form; it is then in `json`. */
  readonly schema?: JsonSchema
  /** Gets the text as it comes; in one piece from a model that is not to stream. */
  readonly onToken?: (text: string) => void
  /** Gets the model's thoughts as they come, where it tells them. */
  readonly onThinking?: (text: string) => void
  /** Aborts this call only; the run's own signal always does. */
  readonly signal?: AbortSignal
}

export interface ModelReply {
  readonly text: string
  /** What the model wants called; the caller calls it and asks again. */
  readonly toolCalls: readonly ToolCall[]
  /** The reply as a part of the conversation, to be sent back with the results of its calls. */
  readonly message: AssistantMessage
  /** Present when a `schema` was given. */
  readonly json?: unknown
  readonly usage: TokenUsage
  readonly finishReason: string
}

export interface ChatModel {
  readonly kind: 'chatModel'
  readonly modelName: string
  /** Images of the caller may be shown to it; without, they are left out. */
  readonly acceptsImages: boolean
  /**
   * Asks the model.
   * @throws Failure UPSTREAM or TIMEOUT, naming the node and the provider's status.
   */
  ask(request: ModelRequest): Promise<ModelReply>
}

/** Where a chat model's answers are remembered. */
export interface Cache {
  readonly kind: 'cache'
  /** How long they are at most. */
  readonly ttlMs: number
}

export interface Prompt {
  readonly kind: 'prompt'
  /** Variables that have no value yet. */
  readonly missing: readonly string[]
  /** The messages, with every variable replaced; `given` fills what is missing. */
  format(given: Readonly<Record<string, string>>): readonly SpokenMessage[]
}

export interface Memory {
  readonly kind: 'memory'
  /** Earlier messages of the session, oldest first. */
  messages(): Promise<readonly ChatMessage[]>
}

/** What a tool may know of the run that calls it. */
export interface ToolContext {
  readonly signal: AbortSignal
}

/** A tool's result: text for the model, and what the caller of the run sees besides. */
export interface ToolAnswer {
  readonly text: string
  readonly sourceDocuments?: readonly SourceDocument[]
  readonly artifacts?: readonly unknown[]
}

export interface Tool extends ToolFacts {
  readonly kind: 'tool'
  /** Its result is the answer of the run; the model does not see it. */
  readonly returnDirect?: boolean
  /** A person has to agree before it runs. */
  readonly requiresHumanInput?: boolean
  /** Its failures are an answer for the model also where those of others end the run. */
  readonly tellsFailure?: boolean
  /** Milliseconds it may take, where the usual limit of tools is too short. */
  readonly limitMs?: number
  /**
   * @throws Failure whose message the model is told, so that it can try another way. Call it
   *   through `callTool`, which adds the time limit.
   */
  run(args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<string | ToolAnswer>
}

export interface Embedder {
  readonly kind: 'embedder'
  readonly modelName: string
  /** Differs where vectors of the same model do; absent: they never do. */
  readonly fingerprint?: string
  /** One vector a text, in the order of the texts. @throws Failure UPSTREAM or TIMEOUT. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly (readonly number[])[]>
}

export interface SearchOptions {
  readonly topK?: number
  readonly filter?: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
}

export interface Retriever {
  readonly kind: 'retriever'
  /** The model that engines answer with; stores of LlamaIndex are drawn with one. */
  readonly model?: ChatModel
  /** The documents nearest to a query, nearest first. */
  search(query: string, options?: SearchOptions): Promise<readonly SourceDocument[]>
}

export interface VectorStore {
  readonly kind: 'vectorStore'
  /** As a retriever's, with how near each is: 1 is the same, 0 has nothing in common. */
  search(
    query: string,
    options?: SearchOptions,
  ): Promise<readonly (SourceDocument & { readonly score: number })[]>
  add(documents: readonly SourceDocument[], signal?: AbortSignal): Promise<void>
}

export interface Moderation {
  readonly kind: 'moderation'
  /** What the caller is told instead of an answer; undefined lets the text pass. */
  refusal(text: string, signal?: AbortSignal): Promise<string | undefined>
}

export interface OutputParser {
  readonly kind: 'outputParser'
  /** Told to the model, so that its answer can be read. */
  readonly instructions: string
  /** A model may be asked once to mend an answer that cannot be read. */
  readonly autofix: boolean
  /** @throws Failure UPSTREAM when the text has not the form that was asked for. */
  parse(text: string): unknown
}

/** A document with the file or address it came from; null has no name. */
export interface LoadedDocument extends SourceDocument {
  readonly origin: string | null
}

/** What a loader loads; nothing is read before somebody asks. */
export interface Documents {
  readonly kind: 'documents'
  /**
   * Some documents at a time.
   * @throws Failure BAD_REQUEST, UNSUPPORTED_MEDIA_TYPE or UNPROCESSABLE naming the file.
   */
  load(): AsyncIterable<readonly LoadedDocument[]>
  /** Documents that are loaded already: what they are in a text, and for code. */
  toJSON?(): readonly SourceDocument[]
}

/** How texts are cut, as data: a thread of its own may do it. */
export interface Splitter {
  readonly kind: 'splitter'
  readonly way: 'recursive' | 'character' | 'token' | 'markdown' | 'code' | 'html'
  readonly chunkSize: number
  readonly chunkOverlap: number
  readonly separators?: readonly string[]
  /** Of code. */
  readonly language?: string
  /** Of tokens. */
  readonly encoding?: string
  /** Of Markdown: cuts before headings down to this level and nowhere else. */
  readonly headings?: number
}

/** What a chain may choose for a question, by what it is good for. */
export interface Choice {
  readonly name: string
  readonly description: string
}

export interface PromptChoice extends Choice {
  readonly kind: 'promptChoice'
  /** The question stands where it says `{input}`, else after it. */
  readonly systemMessage: string
}

export interface RetrieverChoice extends Choice {
  readonly kind: 'retrieverChoice'
  readonly retriever: Retriever
}

/** How an engine makes one answer out of several texts, as data. */
export interface Synthesizer {
  readonly kind: 'synthesizer'
  /**
   * `simple`: out of all texts at once; `refine`: out of the first, then mended by each other one;
   * `compact`: so too, by as many texts at once as fit; `tree`: out of the answers of groups.
   */
  readonly way: 'simple' | 'refine' | 'compact' | 'tree'
  /** Holds `{context}` and `{query}`. */
  readonly prompt: string
  /** Holds `{existingAnswer}` besides. */
  readonly refinePrompt: string
}

/** What an upsert does about chunks that are there already, as data. */
export interface RecordManager {
  readonly kind: 'recordManager'
  /**
   * Which older chunks go: none; those of the sources that are upserted now; those of every source,
   * also of one that is no longer upserted.
   */
  readonly cleanup: 'none' | 'incremental' | 'full'
  /** The key of a chunk's metadata that tells its source. */
  readonly sourceIdKey: string
}

/** A chain or an agent as a part of another node, which asks it its own questions. */
export interface Chain {
  readonly kind: 'chain'
  ask(question: string, signal: AbortSignal): Promise<Answer>
}

/** What a deciding node of a chatflow gives: a value for the nodes behind the output taken. */
export interface Branch {
  readonly kind: 'branch'
  /** Name of the output. */
  readonly taken: string
  readonly value: unknown
}

/** Whether a value that a node built is of the kind an input asks for. */
export function isInstance<K extends InstanceKind>(
  value: unknown,
  kind: K,
): value is InstanceByKind[K] {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}

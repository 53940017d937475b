import type { FlowNode } from '../flow/flow.ts'
import { missing } from '../model/parts.ts'
import type { ChatMessage, ChatModel, JsonSchema } from '../node/instances.ts'
import type { Output, StepContext } from '../node/step.ts'
import { isRecord } from '../text/paths.ts'

/** The chat model a node names under `name`, with its settings under `nameConfig`. */
export async function modelOf(
  name: string,
  chosen: { readonly kind: string; readonly config: Readonly<Record<string, unknown>> },
  context: StepContext,
): Promise<ChatModel> {
  const part = { name: chosen.kind, config: chosen.config, from: [name, `${name}Config`] }
  const [model] = await context.build('chatModel', part)
  if (model === undefined) throw missing(context, 'a chat model')
  return model
}

/** @throws Failure UNPROCESSABLE where no model is chosen. */
export function requireModel(kind: string, node: FlowNode): void {
  if (kind === '') throw missing({ node }, 'a chat model')
}

/** Takes the time of a node: `timeMetadata` as records show it. */
export function stopwatch({ ports }: StepContext): () => Output {
  const start = ports.clock.now().getTime()
  return () => {
    const end = ports.clock.now().getTime()
    return { start, end, delta: end - start }
  }
}

/** Asks for an answer of a form; its keys become keys of the node's output. Nobody hears of it yet. */
export async function askStructured(
  model: ChatModel,
  { messages, schema }: { readonly messages: readonly ChatMessage[]; readonly schema: JsonSchema },
  context: StepContext,
): Promise<{ readonly content: string; readonly keys: Output }> {
  const { json } = await model.ask({ messages, schema, signal: context.signal })
  const keys = isRecord(json) ? json : {}
  return { content: JSON.stringify(json, null, 2), keys }
}

/** Says an answer that is complete already. */
export function say({ emit, isHeard }: StepContext, content: string): void {
  if (isHeard) emit({ event: 'token', data: content })
}

/** Tells a caller who listens what the models of this step cost. */
export function tellUsage({ emit, isHeard, spent }: StepContext): void {
  if (isHeard) emit({ event: 'usageMetadata', data: spent() })
}

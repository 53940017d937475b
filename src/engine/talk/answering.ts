import type { NodeContext } from '../node/context.ts'
import type {
  ChatMessage,
  ChatModel,
  ModelReply,
  ModelRequest,
  Moderation,
} from '../node/instances.ts'
import { withImages } from './uploads.ts'

/** What tells the caller of the run what a model says, while it says it; nothing if nobody hears. */
export function listeners({
  emit,
  isHeard,
}: Pick<NodeContext, 'emit' | 'isHeard'>): Pick<ModelRequest, 'onToken' | 'onThinking'> {
  if (!isHeard) return {}
  let hasBegun = false
  return {
    onToken: (data) => {
      // Clients open the message with the first piece, and add every piece to it.
      if (!hasBegun) emit({ event: 'start', data })
      hasBegun = true
      emit({ event: 'token', data })
    },
    onThinking: (data) => emit({ event: 'thinking', data }),
  }
}

/** Asks a model, with the caller's pictures, in the hearing of the caller. */
export async function askAloud(
  model: ChatModel,
  messages: readonly ChatMessage[],
  context: NodeContext,
): Promise<ModelReply> {
  const shown = withImages(messages, model, context.images)
  return model.ask({ messages: shown, ...listeners(context), signal: context.signal })
}

/** What the first moderation that objects wants said instead of an answer; undefined: nothing. */
export async function refusalOf(
  moderations: readonly Moderation[],
  context: NodeContext,
): Promise<string | undefined> {
  for (const moderation of moderations) {
    const refusal = await moderation.refusal(context.input.question ?? '', context.signal)
    if (refusal === undefined) continue
    listeners(context).onToken?.(refusal)
    return refusal
  }
  return undefined
}

import type { NodeContext } from '../node/context.ts'
import type { ChatModel, Embedder, ModelReply, ModelRequest } from '../node/instances.ts'
import { fingerprint } from './fingerprint.ts'
import { noUsage } from './usage.ts'

type World = Pick<NodeContext, 'ports' | 'facts'>

/** What is kept of a reply. */
type Kept = Pick<ModelReply, 'text' | 'json' | 'finishReason'>

/**
 * The model with a memory: what it was asked before in the same flow, to the letter and with the
 * same settings, is answered without it and costs nothing. Calls of tools are always its own.
 */
export function rememberingModel(
  model: ChatModel,
  { ttlMs, settings }: { readonly ttlMs: number; readonly settings: unknown },
  { ports, facts }: World,
): ChatModel {
  const flow = facts['chatflowid']
  return {
    ...model,
    ask: async (request) => {
      const key = fingerprint(['answer', flow, settings, factsOf(request)])
      const kept = await ports.cache.get(key)
      if (kept !== undefined) return told(JSON.parse(kept) as Kept, request)
      const reply = await model.ask(request)
      if (isWhole(reply)) {
        const { text, json, finishReason } = reply
        await ports.cache.set(key, JSON.stringify({ text, json, finishReason }), ttlMs)
      }
      return reply
    },
  }
}

/** What of a request the answer depends on. */
function factsOf({ messages, tools = [], toolChoice, schema }: ModelRequest): unknown {
  const offered = tools.map(({ name, description, schema: takes }) => [name, description, takes])
  return [messages, offered, toolChoice, schema]
}

/** Whether it answers the question; one that was cut off, say, is not given twice. */
function isWhole({ toolCalls, text, finishReason }: ModelReply): boolean {
  return toolCalls.length === 0 && text !== '' && finishReason === 'stop'
}

function told(kept: Kept, { onToken }: ModelRequest): ModelReply {
  const { text } = kept
  onToken?.(text)
  const message = { role: 'assistant', content: text } as const
  return { ...kept, toolCalls: [], message, usage: noUsage }
}

/** The embeddings with a memory: a text is turned into its vector once. */
export function rememberingEmbedder(
  embedder: Embedder,
  { ttlMs, namespace }: { readonly ttlMs: number; readonly namespace: string },
  { ports, facts }: World,
): Embedder {
  const { modelName, fingerprint: settings } = embedder
  const place = ['vector', facts['chatflowid'], namespace, modelName, settings]
  const keyOf = (text: string) => fingerprint([...place, text])
  const keep = async ([text, vector]: readonly [string, readonly number[]]) => {
    if (vector.length > 0) await ports.cache.set(keyOf(text), packed(vector), ttlMs)
  }
  return {
    ...embedder,
    embed: async (texts, signal) => {
      const kept = await Promise.all(texts.map((text) => ports.cache.get(keyOf(text))))
      const unknown = texts.filter((_text, at) => kept[at] === undefined)
      const made = unknown.length === 0 ? [] : await embedder.embed(unknown, signal)
      const fresh = new Map(unknown.map((text, at) => [text, made[at] ?? []]))
      await Promise.all([...fresh].map(keep))
      return texts.map((text, at) => {
        const known = kept[at]
        return known === undefined ? (fresh.get(text) ?? []) : unpacked(known)
      })
    },
  }
}

/** In single precision, which is what stores keep. */
function packed(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64')
}

function unpacked(text: string): readonly number[] {
  return [...new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)]
}

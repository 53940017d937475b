import type { Ports, SavedRun } from '../../src/engine/node/ports.ts'
import type { FlowResult } from '../../src/engine/node/result.ts'
import type { Drawn, startProvider } from './harness.ts'

type Provider = Awaited<ReturnType<typeof startProvider>>

export interface Asked {
  readonly model: string
  readonly messages: readonly {
    readonly role: string
    readonly content: unknown
    readonly tool_calls?: readonly unknown[]
  }[]
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
  readonly tool_choice?: unknown
  readonly response_format?: { readonly type: string }
}

/** A text, calls of tools, or what depends on what was asked. */
export type Reply =
  | string
  | { readonly toolCalls: readonly { name: string; arguments: string; id?: string }[] }
  | ((asked: Asked) => string)

/** What each reply of a script costs. */
const price = { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 }

/**
 * Lets the fake provider answer one reply after the other; answers what it was asked. Vectors it
 * makes up by itself.
 */
export function script(provider: Provider, replies: readonly Reply[]): Asked[] {
  const asked: Asked[] = []
  provider.mock.clearFixtures()
  const isChat = (request: { readonly embeddingInput?: string }) => !request.embeddingInput
  provider.mock.on({ predicate: isChat }, (request) => {
    const reply = replies[asked.length]
    asked.push(structuredClone(request))
    if (reply === undefined) throw new Error('the script has no more replies')
    if (typeof reply === 'string') return { content: reply, usage: price }
    if (typeof reply === 'function') return { content: reply(request), usage: price }
    return { toolCalls: [...reply.toolCalls], usage: price }
  })
  return asked
}

/** What so many replies of a script cost. */
export const priceOf = (replies: number) => ({
  input_tokens: 10 * replies,
  output_tokens: replies,
  total_tokens: 11 * replies,
})

/** One call of a tool, as a model asks for it. */
export function call(name: string, args: Record<string, unknown> = {}, id = 'call_1'): Reply {
  return { toolCalls: [{ name, arguments: JSON.stringify(args), id }] }
}

/** What a model was shown: `role: content` lines. */
export function linesOf(asked: Asked | undefined): string[] {
  return (asked?.messages ?? []).map(({ role, content }) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    return `${role}: ${text}`
  })
}

export const start = (inputs: Record<string, unknown> = {}): Drawn => ({
  id: 'start',
  name: 'startAgentflow',
  label: 'Start',
  inputs,
})

export const reply = (id: string, directReplyMessage: string, parentNode?: string): Drawn => ({
  id,
  name: 'directReplyAgentflow',
  label: id,
  inputs: { directReplyMessage },
  ...(parentNode === undefined ? {} : { parentNode }),
})

export const rows = (result: FlowResult): string[] =>
  (result.agentFlowExecutedData ?? []).map(({ nodeId }) => nodeId)

export const outputOf = (result: FlowResult, id: string): Record<string, unknown> =>
  result.agentFlowExecutedData?.findLast(({ nodeId }) => nodeId === id)?.data['output'] as Record<
    string,
    unknown
  >

/** Keeps runs as the predictions do: as JSON, so that nothing but data survives. */
export function keeper(): { keep(result: FlowResult): void; savedRun: Ports['savedRun'] } {
  let kept: string | undefined
  return {
    keep: ({ status, agentFlowExecutedData, state }) => {
      kept = JSON.stringify({ status, executedData: agentFlowExecutedData, state })
    },
    savedRun: async () =>
      kept === undefined
        ? undefined
        : { ...(JSON.parse(kept) as SavedRun), claim: async () => undefined },
  }
}

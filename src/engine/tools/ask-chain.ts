import type { Chain, ToolAnswer } from '../node/instances.ts'
import { argument } from './schema.ts'

/** What a chain answers to a tool's argument, with the sources it cites. */
export async function askChain(
  chain: Chain,
  question: unknown,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  const answer = await chain.ask(argument(question), signal)
  const text = answer.text ?? JSON.stringify(answer.json ?? '')
  const { sourceDocuments } = answer
  return sourceDocuments === undefined ? { text } : { text, sourceDocuments }
}

import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { NodeContext } from '../node/context.ts'
import type { ChatMessage } from '../node/instances.ts'
import { isRecord, textOf } from '../text/paths.ts'
import { codeValue, runUserCode } from './code.ts'

/**
 * The messages that an author's code returns; none for no code.
 * @throws Failure UNPROCESSABLE naming the node, with the code's own error or for what is no message.
 */
export async function messagesByCode(
  code: string,
  context: Parameters<typeof runUserCode>[0],
): Promise<readonly ChatMessage[]> {
  if (code.trim() === '') return []
  const made = codeValue(await runUserCode(context, code, {}))
  if (!Array.isArray(made)) throw noMessages(context)
  return made.map((item: unknown) => messageOf(item, context))
}

const roles: Readonly<Record<string, ChatMessage['role']>> = {
  system: 'system',
  human: 'user',
  user: 'user',
  ai: 'assistant',
  assistant: 'assistant',
  tool: 'tool',
}

/** A text is the user's; `[role, text]` and `{role, content}` say whose they are. */
function messageOf(item: unknown, context: Pick<NodeContext, 'node'>): ChatMessage {
  if (typeof item === 'string') return { role: 'user', content: item }
  const fields: unknown = Array.isArray(item) ? { role: item[0], content: item[1] } : item
  if (!isRecord(fields)) throw noMessages(context)
  const role = roles[textOf(fields['role'] ?? fields['type'])]
  if (role === undefined) throw noMessages(context)
  const content = contentOf(fields['content'])
  if (role === 'tool') {
    const [callId, toolName] = [textOf(fields['tool_call_id']), textOf(fields['name'])]
    return { role, content, callId, toolName }
  }
  const calls = Array.isArray(fields['tool_calls']) ? fields['tool_calls'].filter(isRecord) : []
  if (role !== 'assistant' || calls.length === 0) return { role, content }
  const toolCalls = calls.map(({ id, name, args }) => ({
    id: textOf(id),
    name: textOf(name),
    args: isRecord(args) ? args : {},
  }))
  return { role, content, toolCalls }
}

function contentOf(content: unknown): string {
  if (!Array.isArray(content)) return textOf(content)
  return content.map((part: unknown) => textOf(isRecord(part) ? part['text'] : part)).join('')
}

function noMessages({ node }: Pick<NodeContext, 'node'>): Failure {
  const sentence = `The message history of ${nodeTitle(node)} is no list of messages.`
  return new Failure('UNPROCESSABLE', sentence)
}

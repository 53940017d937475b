import type { NodeContext } from '../node/context.ts'
import type { Answer } from '../node/result.ts'
import { listeners } from '../talk/answering.ts'
import { withImages } from '../talk/uploads.ts'
import { runToolLoop, type ToolLoop, type ToolLoopResult } from '../tools/loop.ts'
import { tellFound } from './agent.ts'

interface Work extends Pick<ToolLoop, 'model' | 'tools' | 'messages'> {
  readonly maxIterations: number | undefined
}

/** What an agent answers that ends a chatflow; the caller of the run hears it while it is said. */
export async function answerWithTools(
  { model, tools, messages, maxIterations }: Work,
  context: NodeContext,
): Promise<Answer> {
  const result = await runToolLoop({
    model,
    tools,
    messages: withImages(messages, model, context.images),
    signal: context.signal,
    listeners: listeners(context),
    ...(maxIterations === undefined ? {} : { maxIterations }),
  })
  tellFound(result, context)
  return answerOf(result)
}

/** Without what some models think aloud, and without empty lists. */
function answerOf(result: ToolLoopResult): Answer {
  const { text, usedTools, sourceDocuments, artifacts } = result
  return {
    text: withoutThoughts(text),
    ...(usedTools.length === 0 ? {} : { usedTools }),
    ...(sourceDocuments.length === 0 ? {} : { sourceDocuments }),
    ...(artifacts.length === 0 ? {} : { artifacts }),
  }
}

/** An answer without thoughts; what never closes is none, and is gone through once. */
export function withoutThoughts(text: string): string {
  const thought = /<thinking>[\s\S]*?(?:(<\/thinking>)\s*|$)/g
  return text.replaceAll(thought, (all: string, end?: string) => (end === undefined ? all : ''))
}

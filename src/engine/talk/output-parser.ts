import { z } from 'zod'
import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { ChatMessage, ChatModel, OutputParser } from '../node/instances.ts'
import { findJson } from '../text/json.ts'

/** A parser that asks for JSON of a form, and checks it. */
export function jsonParser(
  form: z.ZodType,
  how: { node: FlowNode; autofix: boolean },
): OutputParser {
  const schema = JSON.stringify(z.toJSONSchema(form, { io: 'input', unrepresentable: 'any' }))
  return {
    kind: 'outputParser',
    autofix: how.autofix,
    instructions:
      'Answer with nothing but JSON, without any words around it, that fits this JSON Schema:\n' +
      `\`\`\`json\n${schema}\n\`\`\``,
    parse: (text) => {
      const result = form.safeParse(findJson(text))
      if (result.success) return result.data
      const [issue] = result.error.issues
      const place = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`
      throw unfit(how.node, place)
    },
  }
}

/** What a parser says of an answer that it cannot read. */
export function unfit(node: FlowNode, place = ''): Failure {
  const sentence = `The model's answer has not the form that ${nodeTitle(node)} asks for${place}.`
  return new Failure('UPSTREAM', sentence)
}

/** Reads a model's answer; one that cannot be read the model may mend once. */
export async function parseAnswer(
  parser: OutputParser,
  { text, model, signal }: { text: string; model: ChatModel; signal: AbortSignal },
): Promise<unknown> {
  try {
    return parser.parse(text)
  } catch (error) {
    if (!parser.autofix || !(error instanceof Failure)) throw error
    const messages: readonly ChatMessage[] = [
      { role: 'system', content: parser.instructions },
      {
        role: 'user',
        content: `Mend this text so that it has the form asked for: ${error.message}\n\n${text}`,
      },
    ]
    const mended = await model.ask({ messages, signal })
    return parser.parse(mended.text)
  }
}

import type { StepContext } from '../node/step.ts'
import { askStructured } from './model-node.ts'

/** JSON as chat clients show it. */
export function fenced(json: string): string {
  return `\`\`\`json\n${json}\n\`\`\``
}

type Asked = Parameters<typeof askStructured>[1]

/** The answer again, in the form that the author asks for. */
export async function formedAnswer(
  {
    messages,
    schema = {},
  }: Omit<Asked, 'schema'> & { readonly schema: Asked['schema'] | undefined },
  model: Parameters<typeof askStructured>[0],
  context: StepContext,
) {
  const request = { role: 'user', content: 'Give your answer in the form asked for.' } as const
  return askStructured(model, { messages: [...messages, request], schema }, context)
}

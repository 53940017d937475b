import { Failure } from '../core/errors.ts'
import { parseJson } from '../core/json.ts'

export const emptyFlowData = '{"nodes":[],"edges":[]}'

/** Columns that hold JSON text, each cleared by null and by the empty text. */
export interface JsonTexts {
  readonly chatbotConfig?: string | null | undefined
  readonly apiConfig?: string | null | undefined
  readonly analytic?: string | null | undefined
  readonly speechToText?: string | null | undefined
  readonly textToSpeech?: string | null | undefined
  readonly followUpPrompts?: string | null | undefined
}

const jsonTexts = [
  'chatbotConfig',
  'apiConfig',
  'analytic',
  'speechToText',
  'textToSpeech',
  'followUpPrompts',
] as const satisfies readonly (keyof JsonTexts)[]

/**
 * A flow as JSON text, byte for byte as it was given, or made from an object. What it means is
 * judged when it runs; here it must only be a canvas. Throws BAD_REQUEST naming the place.
 */
export function readFlowData(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const canvas = parseJson(text, 'flowData')
  if (typeof canvas !== 'object' || canvas === null || Array.isArray(canvas)) {
    throw new Failure('BAD_REQUEST', 'flowData must be a JSON object with nodes and edges.')
  }
  for (const name of ['nodes', 'edges'] as const) {
    const part: unknown = name in canvas ? (canvas as Record<string, unknown>)[name] : []
    if (!Array.isArray(part)) {
      throw new Failure('BAD_REQUEST', `flowData.${name} must be a list.`)
    }
  }
  return text
}

/** The JSON texts that were given, checked; those that were not are left out. */
export function readJsonText(input: JsonTexts): { [K in keyof JsonTexts]?: string | null } {
  const read = jsonTexts
    .filter((name) => input[name] !== undefined)
    .map((name) => {
      const text = input[name] || null
      if (text !== null) requireObject(parseJson(text, name), name)
      return [name, text]
    })
  return Object.fromEntries(read) as { [K in keyof JsonTexts]?: string | null }
}

function requireObject(value: unknown, name: string): void {
  if (typeof value !== 'object' || value === null) {
    throw new Failure('BAD_REQUEST', `${name} must be the JSON text of an object.`)
  }
}

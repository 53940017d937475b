import type * as OpenAi from '@ai-sdk/openai'
import type * as Compatible from '@ai-sdk/openai-compatible'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import type { Asked } from './speaker.ts'

/** Two packages write OpenAI's format: one knows its own models, the other what everybody takes. */
export interface OpenAiDialect {
  readonly api: 'openai' | 'openai-compatible'
  readonly modelName: string
}

type Fetch = typeof globalThis.fetch

/** Both are looked up once. */
let openaiPackage: Promise<typeof OpenAi> | undefined
let compatiblePackage: Promise<typeof Compatible> | undefined

/**
 * The body of a request, as the package would send it. It has no function for that alone, so it is
 * given a way out that keeps what is to be sent, and goes no further.
 */
export async function openAiBody(
  dialect: OpenAiDialect,
  asked: Asked,
  how: 'whole' | 'streamed',
): Promise<string> {
  let body: RequestInit['body']
  const model = await writerFor(dialect, (_url, init) => {
    body = init?.body
    return Promise.reject(new Error('written'))
  })
  try {
    await (how === 'whole' ? model.doGenerate(asked) : model.doStream(asked))
  } catch (error) {
    if (typeof body === 'string') return body
    throw error
  }
  throw new Error('A request was not written.')
}

async function writerFor(
  { api, modelName }: OpenAiDialect,
  fetch: Fetch,
): Promise<LanguageModelV4> {
  if (api === 'openai') {
    const { createOpenAI } = await (openaiPackage ??= import('@ai-sdk/openai'))
    return createOpenAI({ baseURL: nowhere, apiKey: '', fetch }).chat(modelName)
  }
  const { createOpenAICompatible } = await (compatiblePackage ??=
    import('@ai-sdk/openai-compatible'))
  const settings = { name: compatible, baseURL: nowhere, includeUsage: true, fetch }
  return createOpenAICompatible(settings)(modelName)
}

/** Left out, the packages would look for an address in the environment. */
const nowhere = 'http://localhost'

/** Under this name stand the settings of those who speak OpenAI's format, and what they want back. */
export const compatible = 'compatible'

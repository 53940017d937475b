import type * as Compatible from '@ai-sdk/openai-compatible'
import type * as OpenAi from '@ai-sdk/openai/internal'
import type { Asked } from '../speaker.ts'

/** Two packages write OpenAI's format: one knows its own models, the other what everybody takes. */
export interface OpenAiDialect {
  readonly api: 'openai' | 'openai-compatible'
  readonly modelName: string
}

type Body = Readonly<Record<string, unknown>>

/**
 * What writes the package's requests. It is not declared, as the package would rather send them
 * itself; every test of a chat model fails if it goes.
 */
interface OpenAiWriter {
  getArgs(asked: Asked): Promise<{ readonly args: Body }>
}

/** Under this name stand the settings of those who speak OpenAI's format, and what they want back. */
export const compatible = 'compatible'

/** Both are looked up once. */
let openaiPackage: Promise<typeof OpenAi> | undefined
let compatiblePackage: Promise<typeof Compatible> | undefined

const config = { provider: compatible, headers: () => ({}), url: () => '' }

/** The body of a request for an answer in one piece. */
export async function openAiBody({ api, modelName }: OpenAiDialect, asked: Asked): Promise<Body> {
  if (api === 'openai') {
    const { OpenAIChatLanguageModel } = await (openaiPackage ??= import('@ai-sdk/openai/internal'))
    const model: unknown = new OpenAIChatLanguageModel(modelName, config)
    return (await (model as OpenAiWriter).getArgs(asked)).args
  }
  const { OpenAICompatibleChatLanguageModel } = await (compatiblePackage ??=
    import('@ai-sdk/openai-compatible'))
  return (await new OpenAICompatibleChatLanguageModel(modelName, config).prepareRequest(asked)).body
}

import { inOllamasFormat } from '../../model/ollama.ts'
import { compatible } from '../../model/openai/request.ts'
import { chatInputs, chatModelOf, reachOf, wordsOf } from '../../model/parts.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { bool, number, text } from '../../node/inputs.ts'

/** Inputs of the canvas for which OpenAI's format has no word, and Ollama's names for them. */
const ownOptions = {
  numCtx: 'num_ctx',
  numGpu: 'num_gpu',
  numThread: 'num_thread',
  topK: 'top_k',
  mirostat: 'mirostat',
  mirostatEta: 'mirostat_eta',
  mirostatTau: 'mirostat_tau',
  repeatLastN: 'repeat_last_n',
  repeatPenalty: 'repeat_penalty',
  tfsZ: 'tfs_z',
} as const
const ownNames = Object.keys(ownOptions) as (keyof typeof ownOptions)[]
const ownInputs = Object.fromEntries(ownNames.map((name) => [name, number()])) as {
  readonly [K in keyof typeof ownOptions]: ReturnType<typeof number>
}

/** Ollama, by the OpenAI format that it speaks under `/v1` as far as that goes. */
export const chatOllama = defineNode({
  name: 'chatOllama',
  aliases: ['chatOllama_LlamaIndex', 'ollama'],
  label: 'ChatOllama',
  version: 5,
  category: 'Chat Models',
  description: 'A chat model on an Ollama server.',
  credential: 'ollamaApi',
  inputs: {
    ...chatInputs,
    ollamaApiKey: text({ secret: true }),
    stop: text(),
    numPredict: number(),
    jsonMode: bool({ default: false }),
    keepAlive: text(),
    think: bool({ default: false }),
    ...ownInputs,
  },
  build: async (inputs, context) => {
    const provider = {
      baseUrl: 'http://localhost:11434/v1',
      path: '/v1',
      keyField: 'ollamaApiKey',
      apiKey: inputs.ollamaApiKey,
      needsKey: false,
    }
    const spec = {
      ...(await reachOf(inputs, provider, context)),
      api: 'openai-compatible',
      modelName: inputs.modelName,
      settings: {
        temperature: inputs.temperature,
        maxOutputTokens: inputs.numPredict,
        topP: inputs.topP,
        stopSequences: wordsOf(inputs.stop),
        timeoutMs: inputs.timeout,
      },
      ...(inputs.jsonMode ? { providerOptions: { [compatible]: asJson } } : {}),
    } as const
    return chatModelOf(inputs, spec, withOwnFormat(inputs, context))
  },
})

const asJson = { response_format: { type: 'json_object' } }

type Drawn = { readonly [K in keyof typeof ownOptions]: number | undefined } & {
  readonly keepAlive: string
  readonly think: boolean
}

/** A text without a unit is none to Ollama. */
function keptFor(keepAlive: string): string | number {
  return /^-?\d+$/.test(keepAlive) ? Number(keepAlive) : keepAlive
}

/** Where the author has drawn what OpenAI's format cannot say, Ollama is asked in its own. */
function withOwnFormat(inputs: Drawn, context: NodeContext): NodeContext {
  const { keepAlive, think } = inputs
  const drawn = ownNames.filter((name) => inputs[name] !== undefined)
  if (drawn.length === 0 && keepAlive === '' && !think) return context
  const options = Object.fromEntries(drawn.map((name) => [ownOptions[name], inputs[name]]))
  const own = { options, think, ...(keepAlive === '' ? {} : { keep_alive: keptFor(keepAlive) }) }
  const fetch = inOllamasFormat(context.ports.fetch, own)
  return { ...context, ports: { ...context.ports, fetch } }
}

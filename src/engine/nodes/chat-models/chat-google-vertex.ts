import type { ProviderOptions } from '../../model/chat-model.ts'
import { googlePlace } from '../../model/google-cloud.ts'
import { chatInputs, chatModelOf, drawnAddress, headersOf, missing } from '../../model/parts.ts'
import { translated, without, type Translation } from '../../model/translate.ts'
import { defineNode } from '../../node/define.ts'
import { number, text } from '../../node/inputs.ts'

/** Gemini or Claude on Google Cloud. */
export const chatGoogleVertexAI = defineNode({
  name: 'chatGoogleVertexAI',
  aliases: ['googlevertexai'],
  label: 'ChatGoogleVertexAI',
  version: 5.3,
  category: 'Chat Models',
  description: 'A chat model of a project on Google Cloud.',
  credential: 'googleVertexAuth',
  inputs: {
    ...chatInputs,
    region: text(),
    customModelName: text(),
    maxOutputTokens: number(),
    topK: number(),
    thinkingBudget: number(),
    thinkingLevel: text(),
  },
  build: async (inputs, context) => {
    const place = { region: inputs.region, drawn: drawnAddress(inputs) }
    const { base, fetch } = await googlePlace(place, context)
    const modelName = inputs.customModelName || inputs.modelName
    if (modelName === '') throw missing(context, 'the name of a model')
    const { temperature, maxOutputTokens, topP, topK, timeout: timeoutMs } = inputs
    const settings = { temperature, maxOutputTokens, topP, topK, timeoutMs }
    const spec = { node: context.node, headers: headersOf(inputs.baseOptions), modelName, settings }
    if (modelName.startsWith('claude')) {
      const baseUrl = `${base}/anthropic/models`
      const ports = { ...context.ports, fetch: translated(fetch, claudeOn(baseUrl)) }
      const claude = { ...spec, api: 'anthropic', baseUrl, providerOptions: asTool } as const
      return chatModelOf(inputs, claude, { ...context, ports })
    }
    const google = thinkingOf(inputs)
    const gemini = { ...spec, api: 'vertex', baseUrl: `${base}/google` } as const
    const ports = { ...context.ports, fetch }
    return chatModelOf(inputs, { ...gemini, providerOptions: { google } }, { ...context, ports })
  },
})

/** Google lets Claude answer in a form of its own to those only who have asked for that. */
const asTool = { anthropic: { structuredOutputMode: 'jsonTool' } }

/** Google has the name of the model in the address, and what is not wanted twice in the body. */
function claudeOn(base: string): Translation {
  return {
    request: ({ headers, body: { model, ...body } }) => ({
      url: `${base}/${String(model)}:${body['stream'] === true ? 'streamRawPredict' : 'rawPredict'}`,
      headers: without(headers, 'anthropic-version'),
      body: { ...body, anthropic_version: 'vertex-2023-10-16' },
    }),
  }
}

/** A level counts before a budget. */
function thinkingOf({
  thinkingLevel,
  thinkingBudget,
}: {
  readonly thinkingLevel: string
  readonly thinkingBudget: number | undefined
}): NonNullable<ProviderOptions[string]> {
  if (thinkingLevel !== '') {
    return { thinkingConfig: { thinkingLevel: thinkingLevel.toLowerCase(), includeThoughts: true } }
  }
  if (thinkingBudget === undefined) return {}
  return { thinkingConfig: { thinkingBudget, includeThoughts: true } }
}

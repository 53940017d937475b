import { chatInputs, chatModelOf, reachOf } from '../../model/parts.ts'
import { defineNode } from '../../node/define.ts'
import { anything, array, number, text } from '../../node/inputs.ts'
import { parseLoose } from '../../text/json.ts'
import { textOf } from '../../text/paths.ts'

export const chatGoogleGenerativeAI = defineNode({
  name: 'chatGoogleGenerativeAI',
  aliases: ['chatGoogleGenerativeAI_LlamaIndex'],
  label: 'ChatGoogleGenerativeAI',
  version: 3,
  category: 'Chat Models',
  description: 'A Gemini chat model.',
  credential: 'googleGenerativeAI',
  inputs: {
    ...chatInputs,
    customModelName: text(),
    googleGenerativeAPIKey: text({ secret: true }),
    maxOutputTokens: number(),
    topK: number(),
    thinkingBudget: number(),
    thinkingLevel: text(),
    safetySettings: array(),
    harmCategory: anything(),
    harmBlockThreshold: anything(),
  },
  build: async (inputs, context) => {
    const provider = {
      baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
      path: '/v1beta',
      keyField: 'googleGenerativeAPIKey',
      apiKey: inputs.googleGenerativeAPIKey,
      needsKey: true,
    }
    const spec = {
      ...(await reachOf(inputs, provider, context)),
      api: 'google',
      modelName: inputs.customModelName || inputs.modelName || 'gemini-1.5-flash-latest',
      settings: {
        temperature: inputs.temperature,
        maxOutputTokens: inputs.maxOutputTokens,
        topP: inputs.topP,
        topK: inputs.topK,
        timeoutMs: inputs.timeout,
      },
      providerOptions: { google: { ...thinkingOf(inputs), ...safetyOf(safetyRows(inputs)) } },
    } as const
    return chatModelOf(inputs, spec, context)
  },
})

function thinkingOf(inputs: {
  readonly thinkingBudget: number | undefined
  readonly thinkingLevel: string
}) {
  const { thinkingBudget, thinkingLevel } = inputs
  const includeThoughts = true
  if (thinkingLevel !== '') return { thinkingConfig: { thinkingLevel, includeThoughts } }
  return thinkingBudget === undefined ? {} : { thinkingConfig: { thinkingBudget, includeThoughts } }
}

type Row = Readonly<Record<string, unknown>>

/** Older nodes have a list of kinds, and one of what holds for each of them. */
function safetyRows(inputs: {
  readonly safetySettings: readonly Row[]
  readonly harmCategory: unknown
  readonly harmBlockThreshold: unknown
}): readonly Row[] {
  const thresholds = listOf(inputs.harmBlockThreshold)
  const older = listOf(inputs.harmCategory).map((harmCategory, at) => ({
    harmCategory,
    harmBlockThreshold: thresholds[at],
  }))
  return [...inputs.safetySettings, ...older]
}

/** What was chosen of several; canvases store it as a text of JSON. */
function listOf(value: unknown): readonly unknown[] {
  const parsed = typeof value === 'string' ? parseLoose(value) : value
  return Array.isArray(parsed) ? parsed : []
}

/** What of harmful kinds the model may say; of a kind drawn twice the first counts. */
function safetyOf(rows: readonly Row[]) {
  const set = rows.filter((row) => row['harmCategory'] && row['harmBlockThreshold'])
  const pairs = set.map(
    (row) => [textOf(row['harmCategory']), textOf(row['harmBlockThreshold'])] as const,
  )
  const first = new Map(pairs.toReversed())
  const safetySettings = [...first].map(([category, threshold]) => ({ category, threshold }))
  return safetySettings.length === 0 ? {} : { safetySettings }
}

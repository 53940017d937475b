import { Failure } from '../../../core/errors.ts'
import { cited } from '../../documents/answer.ts'
import { defaultSynthesizer, synthesize } from '../../documents/synthesize.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import type { SourceDocument } from '../../node/events.ts'
import { anchor, anchors, bool, optionalAnchor } from '../../node/inputs.ts'
import type { ChatModel, Tool } from '../../node/instances.ts'
import { findJson } from '../../text/json.ts'
import { isRecord, textOf } from '../../text/paths.ts'
import { callAll } from '../../tools/loop.ts'

const instructions =
  'You get a question and a list of tools, each of which knows about something. Split the ' +
  'question into smaller ones that one tool each can answer. Answer with nothing but a JSON list ' +
  'of the form [{"subQuestion": "…", "toolName": "the name of a tool, word for word"}].'

/** A model that splits without end is stopped here. */
const mostQuestions = 20

/** Asks several engines what each can answer, and answers the whole from that. */
export const subQuestionQueryEngine = defineNode({
  name: 'subQuestionQueryEngine',
  label: 'Sub Question Query Engine',
  version: 2,
  category: 'Engine',
  description: 'Splits a question among several engines and answers it from their answers.',
  inputs: {
    queryEngineTools: anchors('tool'),
    model: anchor('chatModel'),
    embeddings: optionalAnchor('embedder'),
    responseSynthesizer: optionalAnchor('synthesizer'),
    returnSourceDocuments: bool({ default: false }),
  },
  run: async (inputs, context) => {
    const { queryEngineTools: tools, model, responseSynthesizer = defaultSynthesizer } = inputs
    const question = context.input.question ?? ''
    const asked = await split(question, { model, tools }, context)
    const found = await answersTo(asked, tools, context)
    const texts = found.map(({ pageContent }) => pageContent)
    const text = await synthesize(responseSynthesizer, { question, texts, model }, context)
    return inputs.returnSourceDocuments ? cited(text, found, context) : { text }
  },
})

interface SubQuestion {
  readonly question: string
  readonly tool: string
}

/** Each tool is asked the whole question when the model's list cannot be read. */
async function split(
  question: string,
  { model, tools }: { readonly model: ChatModel; readonly tools: readonly Tool[] },
  { signal }: NodeContext,
): Promise<readonly SubQuestion[]> {
  const known = tools.map(({ name, description }) => ({ name, description }))
  const { text } = await model.ask({
    messages: [
      { role: 'system', content: instructions },
      { role: 'user', content: JSON.stringify({ tools: known, question }) },
    ],
    signal,
  })
  const found = findJson(text)
  const rows = (Array.isArray(found) ? found : [found]).filter(isRecord)
  const read = rows.map((row) => ({
    question: textOf(row['subQuestion']).trim(),
    tool: textOf(row['toolName']).trim(),
  }))
  const fit = read.filter(
    (row) => row.question !== '' && known.some(({ name }) => name === row.tool),
  )
  const whole = known.map(({ name }) => ({ question, tool: name }))
  return (fit.length > 0 ? fit : whole).slice(0, mostQuestions)
}

/**
 * What the tools answer, as texts of their own; a tool that fails is left out.
 * @throws Failure of the first tool when all fail.
 */
async function answersTo(
  asked: readonly SubQuestion[],
  tools: readonly Tool[],
  { signal }: NodeContext,
): Promise<readonly SourceDocument[]> {
  const calls = asked.map(async ({ question, tool }, at) => {
    const toolCalls = [{ id: String(at), name: tool, args: { query: question } }]
    const [result] = await callAll({ tools, signal }, { toolCalls })
    return { question, text: result?.called.text ?? '', error: result?.called.used.error }
  })
  const results = await Promise.all(calls)
  const answered = results.filter(({ error }) => error === undefined)
  const [failed] = results
  if (answered.length === 0 && failed?.error !== undefined) {
    throw new Failure('UPSTREAM', failed.error)
  }
  return answered.map(({ question, text }) => ({
    pageContent: `Sub question: ${question}\nResponse: ${text}`,
    metadata: {},
  }))
}

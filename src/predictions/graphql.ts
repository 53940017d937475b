import type { FlowDemand } from '../context.ts'
import type { Told } from '../core/event-queue.ts'
import { unaudited } from '../graphql/audit.ts'
import { bounded } from '../graphql/bounds.ts'
import { builder, idBounds, type ArgBuilder } from '../graphql/builder.ts'
import type { Prediction } from './run.ts'
import { abortPrediction, createPrediction } from './service.ts'
import { streamPrediction } from './stream.ts'

const PredictionType = builder.objectRef<Prediction>('Prediction').implement({
  description: 'The answer of a flow: text, or json where the flow ends in an output parser.',
  fields: (t) => ({
    text: t.exposeString('text', { nullable: true, description: 'The answer as text.' }),
    json: t.expose('json', { type: 'JSON', nullable: true, description: 'The answer as a value.' }),
    question: t.exposeString('question', { nullable: true, description: 'What was asked.' }),
    chatId: t.exposeString('chatId', {
      description: 'Send it again to continue the conversation.',
    }),
    chatMessageId: t.exposeString('chatMessageId', { description: 'The stored answer.' }),
    sessionId: t.exposeString('sessionId', { description: 'The memory that was used.' }),
    memoryType: t.exposeString('memoryType', {
      nullable: true,
      description: 'The kind of memory.',
    }),
    executionId: t.exposeID('executionId', {
      nullable: true,
      description: 'The record of the run.',
    }),
    isStreamValid: t.exposeBoolean('isStreamValid', {
      description: 'Whether the flow can answer piece by piece.',
    }),
    sourceDocuments: t.field({
      type: ['JSON'],
      nullable: true,
      description: 'The documents behind the answer, as {pageContent, metadata}.',
      resolve: ({ sourceDocuments }) => (sourceDocuments ? [...sourceDocuments] : null),
    }),
    usedTools: t.field({
      type: ['JSON'],
      nullable: true,
      description: 'The tools called, as {tool, toolInput, toolOutput}.',
      resolve: ({ usedTools }) => (usedTools ? [...usedTools] : null),
    }),
    agentFlowExecutedData: t.field({
      type: ['JSON'],
      nullable: true,
      description: 'The steps of an agentflow, in order.',
      resolve: ({ agentFlowExecutedData: steps }) => (steps ? [...steps] : null),
    }),
    agentReasoning: t.field({
      type: ['JSON'],
      nullable: true,
      description: 'What each member of a team did, turn by turn.',
      resolve: ({ agentReasoning: turns }) => (turns ? [...turns] : null),
    }),
    flowVariables: t.expose('flowVariables', {
      type: 'JSON',
      nullable: true,
      description: 'What set-variable nodes show.',
    }),
    followUpPrompts: t.exposeString('followUpPrompts', {
      nullable: true,
      description: 'JSON text: a list of what might be asked next, where the flow suggests it.',
    }),
    action: t.expose('action', {
      type: 'JSON',
      nullable: true,
      description: 'What a human has to decide before the flow goes on.',
    }),
  }),
})

const PredictionEventType = builder.objectRef<Told>('PredictionEvent').implement({
  description: 'A piece of an answer.',
  fields: (t) => ({
    event: t.exposeString('event', {
      description:
        'start, token, … then metadata and end; error and end after a failure; result for a flow that cannot stream.',
    }),
    data: t.expose('data', { type: 'JSON', nullable: true, description: 'What it carries.' }),
    duration: t.exposeInt('duration', { nullable: true, description: 'Seconds, of thinking.' }),
  }),
})

const AbortType = builder.objectRef<{ aborted: boolean }>('PredictionAbort').implement({
  description: 'The answer to an abort.',
  fields: (t) => ({ aborted: t.exposeBoolean('aborted', { description: 'Always true.' }) }),
})

const flowId = { required: true, description: 'The chatflow.', ...idBounds } as const
const chatId = bounded({ maxLength: 255 })

/** Running a flow asks the same of everyone, however its answer is read. */
const running = (_parent: unknown, { id }: { id: string }): { flow: FlowDemand } => ({
  flow: { id, anyOf: ['predictions:create'], anonymous: true },
})

builder.mutationFields((t) => ({
  createPrediction: t.field({
    type: PredictionType,
    ...unaudited,
    description: 'Runs a chatflow. A flow without nodes answers its question unchanged.',
    args: {
      ...predictionArgs(t.arg),
      streaming: t.arg.boolean({
        description: 'Over REST: answer piece by piece, as server-sent events, where the flow can.',
      }),
    },
    authScopes: running,
    resolve: (_parent, args, ctx) => createPrediction(ctx, args),
  }),
  abortPrediction: t.field({
    type: AbortType,
    ...unaudited,
    description: "Aborts the caller's own runs of a conversation.",
    args: {
      id: t.arg.string(flowId),
      chatId: t.arg.string({
        required: true,
        description: 'The conversation.',
        ...bounded({ minLength: 1, maxLength: 255 }),
      }),
    },
    authScopes: running,
    resolve: (_parent, args, ctx) => abortPrediction(ctx, args),
  }),
}))

builder.subscriptionField('prediction', (t) =>
  t.field({
    type: PredictionEventType,
    description: 'Runs a chatflow and tells its answer piece by piece.',
    args: predictionArgs(t.arg),
    authScopes: running,
    subscribe: (_parent, args, ctx) => streamPrediction(ctx, args),
    resolve: (event) => event,
  }),
)

function predictionArgs(arg: ArgBuilder) {
  return {
    id: arg.string(flowId),
    question: arg.string({
      description: 'What to ask; this or form is needed.',
      ...bounded({ maxLength: 1_000_000, example: 'Hello!' }),
    }),
    form: arg({
      type: 'JSON',
      description: 'The values of the start form of an agentflow.',
      ...bounded({ freeForm: true }),
    }),
    chatId: arg.string({
      description: 'The conversation to continue; absent: a new one.',
      ...chatId,
    }),
    overrideConfig: arg({
      type: 'JSON',
      description:
        "sessionId, vars, and those inputs of nodes which the flow's author lets callers set.",
      ...bounded({ freeForm: true, example: { sessionId: 'support-4711' } }),
    }),
    history: arg({
      type: ['JSON'],
      description: 'Earlier messages, as {role: userMessage or apiMessage, content}.',
      ...bounded({ maxItems: 1000 }),
    }),
    uploads: arg({
      type: ['JSON'],
      description: 'Files, as {type, name, mime, data}; data is a data URI.',
      ...bounded({ maxItems: 20 }),
    }),
    humanInput: arg({
      type: 'JSON',
      description: 'A decision on a run that waits: {type: proceed or reject, feedback}.',
      ...bounded({ freeForm: true }),
    }),
    leadEmail: arg.string({
      description: 'Who asks, where the chat knows.',
      ...bounded({ maxLength: 320 }),
    }),
  }
}

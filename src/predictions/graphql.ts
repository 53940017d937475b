import { unaudited } from '../graphql/audit.ts'
import { bounded } from '../graphql/bounds.ts'
import { builder, idBounds } from '../graphql/builder.ts'
import { createPrediction, type Prediction } from './service.ts'

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
    action: t.expose('action', {
      type: 'JSON',
      nullable: true,
      description: 'What a human has to decide before the flow goes on.',
    }),
  }),
})

builder.mutationField('createPrediction', (t) =>
  t.field({
    type: PredictionType,
    ...unaudited,
    description: 'Runs a chatflow. A flow without nodes answers its question unchanged.',
    args: {
      id: t.arg.string({ required: true, description: 'The chatflow.', ...idBounds }),
      question: t.arg.string({
        description: 'What to ask; this or form is needed.',
        ...bounded({ maxLength: 1_000_000, example: 'Hello!' }),
      }),
      form: t.arg({
        type: 'JSON',
        description: 'The values of the start form of an agentflow.',
        ...bounded({ freeForm: true }),
      }),
      chatId: t.arg.string({
        description: 'The conversation to continue; absent: a new one.',
        ...bounded({ maxLength: 255 }),
      }),
      streaming: t.arg.boolean({ description: 'Answer piece by piece, over server-sent events.' }),
      overrideConfig: t.arg({
        type: 'JSON',
        description:
          "sessionId, vars, and those inputs of nodes which the flow's author lets callers set.",
        ...bounded({ freeForm: true, example: { sessionId: 'support-4711' } }),
      }),
      history: t.arg({
        type: ['JSON'],
        description: 'Earlier messages, as {role: userMessage or apiMessage, content}.',
        ...bounded({ maxItems: 1000 }),
      }),
    },
    authScopes: (_parent, { id }) => ({
      flow: { id, anyOf: ['predictions:create'], anonymous: true },
    }),
    resolve: (_parent, args, ctx) => createPrediction(ctx, args),
  }),
)

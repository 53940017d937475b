import { unaudited } from '../graphql/audit.ts'
import { bounded } from '../graphql/bounds.ts'
import { builder, idBounds } from '../graphql/builder.ts'
import { chat, filterArgs, flow } from './arguments.ts'
import type { Feedback, Lead } from './entity.ts'
import { giveFeedback, leaveLead, listFeedback, listLeads, updateFeedback } from './reactions.ts'

const RatingType = builder.enumType('Rating', {
  description: 'What somebody thought of an answer.',
  values: ['THUMBS_UP', 'THUMBS_DOWN'] as const,
})

const FeedbackType = builder.objectRef<Feedback>('Feedback').implement({
  description: 'What somebody thought of an answer.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    chatflowid: t.exposeID('chatflowid', { description: 'The chatflow.' }),
    chatId: t.exposeString('chatId', { description: 'The conversation.' }),
    messageId: t.exposeID('messageId', { description: 'The answer.' }),
    rating: t.expose('rating', { type: RatingType, description: 'Up or down.' }),
    content: t.exposeString('content', { nullable: true, description: 'In their words.' }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When.' }),
  }),
})

const LeadType = builder.objectRef<Lead>('Lead').implement({
  description: 'Who left their address in a chat.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    chatflowid: t.exposeID('chatflowid', { description: 'The chatflow.' }),
    chatId: t.exposeString('chatId', { description: 'The conversation.' }),
    name: t.exposeString('name', { nullable: true, description: 'Their name.' }),
    email: t.exposeString('email', { nullable: true, description: 'Their e-mail address.' }),
    phone: t.exposeString('phone', { nullable: true, description: 'Their telephone number.' }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When.' }),
  }),
})

builder.queryFields((t) => ({
  feedback: t.field({
    type: [FeedbackType],
    description: "What people thought of a chatflow's answers, newest first; at most 1,000.",
    args: filterArgs(t.arg),
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => listFeedback(ctx, args),
  }),
  leads: t.field({
    type: [LeadType],
    description: 'Who left their address in chats with a chatflow, newest first; at most 1,000.',
    args: filterArgs(t.arg),
    authScopes: { manage: 'chatflows:view' },
    resolve: (_parent, args, ctx) => listLeads(ctx, args),
  }),
}))

builder.mutationFields((t) => ({
  giveFeedback: t.field({
    type: FeedbackType,
    ...unaudited,
    description: "Rates an answer of the caller's own conversation; again: replaces the rating.",
    args: {
      id: t.arg.string(flow),
      chatId: t.arg.string({ required: true, description: 'The conversation.', ...chat }),
      messageId: t.arg.string({ required: true, description: 'The answer.', ...idBounds }),
      rating: t.arg({ type: RatingType, required: true, description: 'Up or down.' }),
      content: t.arg.string({ description: 'In their words.', ...bounded({ maxLength: 10_000 }) }),
    },
    authScopes: (_parent, { id }) => ({
      flow: { id, anyOf: ['predictions:create'], anonymous: true },
    }),
    resolve: (_parent, args, ctx) => giveFeedback(ctx, args),
  }),
  updateFeedback: t.field({
    type: FeedbackType,
    ...unaudited,
    description: 'Changes a rating that the caller gave.',
    args: {
      id: t.arg.string({ required: true, description: 'The rating.', ...idBounds }),
      rating: t.arg({
        type: RatingType,
        description: 'Up or down.',
        ...bounded({ notNull: true }),
      }),
      content: t.arg.string({ description: 'In their words.', ...bounded({ maxLength: 10_000 }) }),
    },
    authScopes: (_parent, { id }) => ({
      flow: { id, idOf: 'feedback', anyOf: ['predictions:create'], anonymous: true },
    }),
    resolve: (_parent, args, ctx) => updateFeedback(ctx, args),
  }),
  leaveLead: t.field({
    type: LeadType,
    ...unaudited,
    description: 'Stores who left their address in a chat.',
    args: {
      chatflowid: t.arg.string(flow),
      chatId: t.arg.string({ required: true, description: 'The conversation.', ...chat }),
      name: t.arg.string({ description: 'Their name.', ...bounded({ maxLength: 200 }) }),
      email: t.arg.string({ description: 'Their e-mail address.', ...bounded({ maxLength: 320 }) }),
      phone: t.arg.string({ description: 'Their number.', ...bounded({ maxLength: 50 }) }),
    },
    authScopes: (_parent, { chatflowid: id }) => ({
      flow: { id, anyOf: ['predictions:create'], anonymous: true },
    }),
    resolve: (_parent, args, ctx) => leaveLead(ctx, args),
  }),
}))

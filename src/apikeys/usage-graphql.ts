import { builder, idBounds } from '../graphql/builder.ts'
import { apiKeyUsage, type DayOfUsage } from './usage-query.ts'

const DayOfUsageType = builder.objectRef<DayOfUsage>('ApiKeyUsage').implement({
  description: "How an API key's calls went on one day.",
  fields: (t) => ({
    day: t.exposeString('day', { description: 'As YYYY-MM-DD, in UTC.' }),
    outcome: t.exposeString('outcome', {
      description: 'accepted, refused (lacking a right), or limited (over its rate limit).',
    }),
    count: t.exposeFloat('count', { description: 'How many.' }),
  }),
})

builder.queryField('apiKeyUsage', (t) =>
  t.field({
    type: [DayOfUsageType],
    description: "A key's usage by day and outcome, oldest first; by default of the last 30 days.",
    args: {
      id: t.arg.string({ required: true, description: 'The key.', ...idBounds }),
      from: t.arg({ type: 'DateTime', description: 'From the day of this moment on.' }),
      to: t.arg({ type: 'DateTime', description: 'Up to the day of this moment.' }),
    },
    authScopes: { person: 'apikeys:view' },
    resolve: (_parent, args, ctx) => apiKeyUsage(ctx, args),
  }),
)

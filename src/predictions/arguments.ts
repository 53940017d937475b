import { bounded } from '../graphql/bounds.ts'
import { builder, idBounds } from '../graphql/builder.ts'

const OrderType = builder.enumType('MessageOrder', {
  description: 'Oldest or newest first.',
  values: ['ASC', 'DESC'] as const,
})

/** What the queries of conversations take. */
export const flow = { required: true, description: 'The chatflow.', ...idBounds } as const
export const chat = bounded({ maxLength: 255 })
export const filters = {
  chatId: { description: 'Only of this conversation.', ...chat },
  sessionId: { description: 'Only of this session.', ...chat },
  order: { type: OrderType, description: 'Oldest first when absent.' },
  startDate: { type: 'DateTime', description: 'From then on.' },
  endDate: { type: 'DateTime', description: 'Up to then.' },
} as const

import { bounded } from '../graphql/bounds.ts'
import { builder, idBounds, type ArgBuilder } from '../graphql/builder.ts'

const OrderType = builder.enumType('MessageOrder', {
  description: 'Oldest or newest first.',
  values: ['ASC', 'DESC'] as const,
})

export const flow = { required: true, description: 'The chatflow.', ...idBounds } as const
export const chat = bounded({ maxLength: 255 })
export const session = { description: 'Only of this session.', ...chat } as const
export const order = { type: OrderType, description: 'Oldest first when absent.' } as const

/** Which of what came out of a chatflow's conversations. */
export function filterArgs(arg: ArgBuilder) {
  return {
    id: arg.string(flow),
    chatId: arg.string({ description: 'Only of this conversation.', ...chat }),
    startDate: arg({ type: 'DateTime', description: 'From then on.' }),
    endDate: arg({ type: 'DateTime', description: 'Up to then.' }),
  }
}

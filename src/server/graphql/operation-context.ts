import { execute, getOperationAST, Kind, subscribe, type ExecutionArgs } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Ctx } from '../../context.ts'
import type { Exchange } from '../exchange.ts'

const longestName = 100

/** What Yoga is handed with each request. */
export interface ServerContext {
  readonly exchange: Exchange
  readonly ctx: Ctx
}

/**
 * Gives Yoga the body that a stage parsed, and resolvers a context of ours instead of Yoga's, with
 * the executor that REST uses.
 */
export function operationContext(): Plugin<ServerContext, ServerContext> {
  return {
    onRequestParse({ serverContext, setRequestParser }) {
      setRequestParser(() => ({ ...serverContext.exchange.payload }))
    },
    onExecute({ context, setExecuteFn }) {
      const { exchange, ctx } = context
      setExecuteFn((args: ExecutionArgs) => {
        exchange.operation = nameOf(args)
        return execute({ ...args, contextValue: ctx })
      })
    },
    onSubscribe({ setSubscribeFn, args }) {
      const { exchange, ctx } = args.contextValue
      setSubscribeFn((args: ExecutionArgs) => {
        exchange.operation = nameOf(args)
        return subscribe({ ...args, contextValue: ctx })
      })
    },
  }
}

/** The client's name for it, else the fields it asks for: short, whatever the client sent. */
function nameOf({ document, operationName }: ExecutionArgs): string | null {
  const operation = getOperationAST(document, operationName)
  const selections = operation?.selectionSet.selections ?? []
  const fields = selections.map((one) => (one.kind === Kind.FIELD ? one.name.value : '…'))
  return (operation?.name?.value ?? fields.join(' ')).slice(0, longestName)
}

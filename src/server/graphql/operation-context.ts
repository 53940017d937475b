import { execute, getOperationAST, subscribe, type ExecutionArgs } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Ctx } from '../../context.ts'
import type { Exchange } from '../exchange.ts'

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

function nameOf({ document, operationName }: ExecutionArgs): string | null {
  return getOperationAST(document, operationName)?.name?.value ?? null
}

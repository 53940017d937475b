import { GraphQLError, type ExecutionResult } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Log } from '../../platform/log.ts'
import { reveal } from '../../rest/errors.ts'
import type { ServerContext } from './operation-context.ts'

/** Replaces every error by what the caller may see of it, and logs the others. */
export function visibleErrors(log: Log): Plugin<ServerContext, ServerContext> {
  return {
    onExecutionResult(payload) {
      const { result, context } = payload
      const translated = (one: ExecutionResult) => translate(one, context.exchange.requestId, log)
      if (!result) return
      if (Symbol.asyncIterator in result) payload.setResult(mapped(result, translated))
      else if (result.errors) payload.setResult(translated(result))
    },
  }
}

function translate(result: ExecutionResult, requestId: string, log: Log): ExecutionResult {
  if (!result.errors) return result
  const isRefused = !('data' in result)
  return {
    ...result,
    errors: result.errors.map((error) => {
      const { code, message, details } = reveal(error, requestId, log)
      const retry = details.retryAfter !== undefined && { retryAfter: details.retryAfter }
      const http = isRefused && { http: error.extensions['http'] ?? { spec: true, status: 400 } }
      return new GraphQLError(plain(message), {
        nodes: error.nodes ?? null,
        source: error.source ?? null,
        positions: error.positions ?? null,
        path: error.path ?? null,
        extensions: { code, requestId, ...retry, ...http },
      })
    }),
  }
}

/** Suggestions would list what introspection may hide; and no limit is an error of syntax. */
function plain(message: string): string {
  const reason = withoutValue(message)
  // It is taken to the end: a value that says it often is looked at once.
  const bare = reason.endsWith('?') ? reason.replace(/ ?Did you mean .*/s, '') : reason
  const told = bare.replace(
    /^Syntax Error: (?=(?:Query depth|Aliases|Directives|Token) limit )/,
    '',
  )
  return /[.!?)]$/.test(told) ? told : `${told}.`
}

/** A wrong variable is quoted in full, however long, and be it a password. */
function withoutValue(message: string): string {
  const [quoted, variable] = /^(Variable "\$\w+") got invalid value /.exec(message) ?? []
  if (quoted === undefined) return message
  const [, place = ''] = /( at "[\w.[\]]{1,200}"); /.exec(message) ?? []
  const reason = message.slice(message.lastIndexOf('; ') + 2).replace(/(?<=value): .*$/s, '')
  return `${variable}${place}: ${reason}`
}

async function* mapped<T, U>(items: AsyncIterable<T>, map: (item: T) => U): AsyncGenerator<U> {
  for await (const item of items) yield map(item)
}

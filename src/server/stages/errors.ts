import { statusByCode } from '../../core/errors.ts'
import type { Log } from '../../platform/log.ts'
import { jsonAnswer, type Answer } from '../../rest/answer.ts'
import { errorAnswer, hintHeaders, reveal } from '../../rest/errors.ts'
import type { Stage } from '../exchange.ts'
import { graphqlPath } from '../paths.ts'

/** Nobody is left to read it; the log line shows the status that nginx uses for this. */
const clientGone: Answer = { status: 499, headers: {}, body: null }

/** Turns whatever was thrown behind it into an answer: in GraphQL's form on its path. */
export function errors(log: Log): Stage {
  return async (exchange, next) => {
    try {
      return await next(exchange)
    } catch (thrown) {
      const { requestId, headers, path, signal } = exchange
      if (signal.aborted) return clientGone
      const error = reveal(thrown, requestId, log)
      const refused = { requestId, authorization: headers.authorization }
      if (path !== graphqlPath) return errorAnswer(error, refused)
      const extensions = { code: error.code, requestId }
      return jsonAnswer(
        { errors: [{ message: error.message, extensions }] },
        statusByCode[error.code],
        hintHeaders(error, refused),
      )
    }
  }
}

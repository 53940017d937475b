import { Failure } from '../core/errors.ts'
import { runAgentflow } from './agentflow/agentflow.ts'
import { runChatflow } from './chatflow/chatflow.ts'
import { createTally } from './model/usage.ts'
import type { Emit, FlowEvent } from './node/events.ts'
import type { FlowResult } from './node/result.ts'
import { prepareRun, sessionOf } from './run/context.ts'
import { suggestFollowUps } from './run/follow-up.ts'
import type { RunRequest } from './run/request.ts'
import { runTeam } from './team/team.ts'
import { createSecrets, type Secrets } from './text/secrets.ts'

const runners = { agentflow: runAgentflow, chatflow: runChatflow, team: runTeam } as const

/** A provider's words are quoted up to here. */
const maxMessage = 500

/**
 * Runs a flow once. An empty flow answers its question unchanged.
 * @throws Failure UNPROCESSABLE when the flow cannot run, naming node and type; UPSTREAM when a
 *   provider failed; TIMEOUT; CONFLICT when the signal aborted without a Failure of its own.
 *   No message holds a secret the run has touched, nor does the result or an event of it.
 */
export async function runFlow(request: RunRequest): Promise<FlowResult> {
  const { flow, input, signal } = request
  if (flow.kind === 'empty') {
    return { text: input.question ?? '', sessionId: sessionOf(flow, input) }
  }
  const secrets = createSecrets()
  const { spend, total } = createTally(request.spend)
  try {
    signal.throwIfAborted()
    const emit = withoutSecrets(request.emit, secrets)
    const run = await prepareRun({ ...request, emit }, { secrets, spend, runFlow })
    const answer = await runners[flow.kind](run)
    const { sessionId, ...told } = { ...answer, ...(await suggestFollowUps(run, answer)) }
    // Its name is the caller's, who finds the session by it.
    const result = { ...secrets.redact(told), sessionId }
    const usage = total()
    return usage === undefined ? result : { ...result, usage }
  } catch (error) {
    throw tellable(error, { signal, secrets })
  }
}

/** A text told piece by piece may still hold a secret that is split over two of its pieces. */
function withoutSecrets(emit: Emit, secrets: Secrets): Emit {
  return (event) => {
    // Rows are clean as they are written: a record is told anew with each of them.
    if (event.event === 'agentFlowExecutedData') return emit(event)
    const data: unknown = secrets.redact(event.data)
    return emit(data === event.data ? event : ({ ...event, data } as FlowEvent))
  }
}

/** What went wrong as a caller may be told: why it was aborted, and without the run's secrets. */
export function tellable(
  error: unknown,
  { signal, secrets }: { readonly signal: AbortSignal; readonly secrets: Secrets },
): unknown {
  const told: unknown = signal.aborted ? abortFailure(signal.reason) : error
  return told instanceof Failure ? scrubbed(told, secrets.scrub(told.message)) : told
}

/** Without the cause: it may quote what was sent. */
function scrubbed(failure: Failure, clean: string): Failure {
  const message = clean.length > maxMessage ? `${clean.slice(0, maxMessage)}…` : clean
  if (message === failure.message && failure.details.cause === undefined) return failure
  const { cause: _dropped, ...details } = failure.details
  return new Failure(failure.code, message, details)
}

function abortFailure(reason: unknown): Failure {
  if (reason instanceof Failure) return reason
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new Failure('TIMEOUT', 'The flow did not finish in time.')
  }
  return new Failure('CONFLICT', 'Flow execution was cancelled.')
}

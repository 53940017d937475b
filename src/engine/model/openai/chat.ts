import { eventData } from '../../text/event-stream.ts'
import { postJson, type Reached } from '../post.ts'
import { tellWhole, type Asked, type Hearing, type Said, type Speaker } from '../speaker.ts'
import { readPiece, startAnswer, type Piece } from './answer.ts'
import { busyError } from './busy.ts'
import { openAiBody, type OpenAiDialect } from './request.ts'

const inPieces = { stream: true, stream_options: { include_usage: true } }

/**
 * Speaks with a chat model in OpenAI's format. Requests are written by the packages for it; answers
 * are read here, because the packages take each piece of one through a schema and four streams,
 * which was a third of all work of a streamed prediction.
 */
export function openAiSpeaker(dialect: OpenAiDialect, reached: Reached): Speaker {
  const ask = async (asked: Asked, more?: typeof inPieces): Promise<Response> => {
    const body = { ...(await openAiBody(dialect, asked)), ...more }
    return postJson('/chat/completions', body, { ...reached, signal: asked.abortSignal })
  }
  return {
    whole: async (asked) => readWhole(await ask(asked)),
    async streamed(asked) {
      const response = await ask(asked, inPieces)
      const type = response.headers.get('content-type') ?? ''
      if (!type.startsWith('application/json')) {
        const pieces = await begun(response)
        return (hearing) => readPieces(pieces, hearing)
      }
      // Some servers stream to nobody, whatever they are asked.
      const said = await readWhole(response)
      return async (hearing) => {
        tellWhole(said, hearing)
        return said
      }
    },
  }
}

async function readWhole(response: Response): Promise<Said> {
  const answer = startAnswer({})
  const piece = readPiece(await response.json(), 'message')
  if (piece.says === undefined) throw new TypeError('The answer holds no message.')
  answer.add(piece)
  return answer.end()
}

/** What came together; undefined stands for `[DONE]`. */
type Pieces = readonly (Piece | undefined)[]

async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Pieces> {
  for await (const events of eventData(body)) {
    yield events.map((data) =>
      data === '[DONE]' ? undefined : readPiece(JSON.parse(data), 'delta'),
    )
  }
}

/**
 * An answer of which the first pieces have come. A provider that is busy may say so instead of them:
 * that is thrown as an error after which it can be asked again.
 */
async function begun({ body }: Response): Promise<AsyncIterable<Pieces>> {
  if (body === null) throw new TypeError('The answer has no body.')
  const pieces = piecesOf(body)
  const first = await pieces.next().catch((error: unknown) => {
    throw busyError(error) ?? error
  })
  return (async function* whole() {
    if (first.done === true) return
    yield first.value
    yield* pieces
  })()
}

async function readPieces(pieces: AsyncIterable<Pieces>, hearing: Hearing): Promise<Said> {
  const answer = startAnswer(hearing)
  let hasBegun = false
  let isWhole = false
  for await (const together of pieces) {
    for (const piece of together) {
      if (piece !== undefined) answer.add(piece)
      hasBegun ||= piece?.says !== undefined
      isWhole ||= piece === undefined ? hasBegun : piece.finishReason !== undefined
    }
  }
  if (isWhole) return answer.end()
  throw new TypeError('The answer broke off.')
}

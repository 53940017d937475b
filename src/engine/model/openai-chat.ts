import { eventData } from '../text/event-stream.ts'
import { readPiece, startAnswer, type Piece } from './openai-answer.ts'
import { busyError } from './openai-busy.ts'
import { openAiBody, type OpenAiDialect } from './openai-request.ts'
import { postJson, type Reached } from './post.ts'
import { tellWhole, type Asked, type Hearing, type Said, type Speaker } from './speaker.ts'

const inPieces = { stream: true, stream_options: { include_usage: true } }

/**
 * Speaks with a chat model in OpenAI's format. Requests are written by the packages for it; answers
 * are read here, because the packages take each piece of one through a schema and four streams,
 * which costs more than all the rest of a run.
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
        const events = await begun(response)
        return (hearing) => readPieces(events, hearing)
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

type Events = AsyncIterable<readonly string[]>

/**
 * The events of an answer, of which the first have come. A provider that is busy may say so in the
 * first of them: that is thrown as one that can be asked again.
 */
async function begun({ body, url }: Response): Promise<Events> {
  if (body === null) throw new TypeError('The answer has no body.')
  const events = eventData(body)
  const first = await events.next()
  if (first.done === true) throw new TypeError('The answer is empty.')
  try {
    readEvent(first.value[0] ?? '')
  } catch (error) {
    await events.return(undefined)
    throw busyError(error, url) ?? error
  }
  return (async function* whole() {
    yield first.value
    yield* events
  })()
}

function readEvent(data: string): Piece | undefined {
  return data === '[DONE]' ? undefined : readPiece(JSON.parse(data), 'delta')
}

async function readPieces(events: Events, hearing: Hearing): Promise<Said> {
  const answer = startAnswer(hearing)
  let hasBegun = false
  let isWhole = false
  for await (const together of events) {
    for (const data of together) {
      const piece = readEvent(data)
      if (piece !== undefined) answer.add(piece)
      hasBegun ||= piece?.says !== undefined
      isWhole ||= piece === undefined ? hasBegun : piece.finishReason !== undefined
    }
  }
  if (isWhole) return answer.end()
  throw new TypeError('The answer broke off.')
}

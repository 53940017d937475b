import { eventData } from '../text/event-stream.ts'
import { readPiece, startAnswer } from './openai-answer.ts'
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
      if (!type.startsWith('application/json')) return (hearing) => readPieces(response, hearing)
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

async function readPieces({ body }: Response, hearing: Hearing): Promise<Said> {
  const answer = startAnswer(hearing)
  let isWhole = false
  for await (const events of eventData(body ?? new ReadableStream())) {
    for (const data of events) {
      const piece = data === '[DONE]' ? undefined : readPiece(JSON.parse(data), 'delta')
      if (piece !== undefined) answer.add(piece)
      isWhole ||= piece === undefined || piece.finishReason !== undefined
    }
  }
  if (isWhole) return answer.end()
  throw new TypeError('The answer broke off.')
}

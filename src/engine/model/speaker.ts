import type { LanguageModelV4CallOptions, LanguageModelV4Content } from '@ai-sdk/provider'
import type { TokenUsage } from '../node/events.ts'
import type { ModelRequest } from '../node/instances.ts'

/** What is asked, in the terms that all formats share. */
export type Asked = LanguageModelV4CallOptions & { readonly abortSignal: AbortSignal }

/** What a model answered, in the same terms. */
export interface Said {
  readonly content: readonly LanguageModelV4Content[]
  readonly usage: TokenUsage
  readonly finishReason: string
}

/** Who hears an answer while it comes. */
export type Hearing = Pick<ModelRequest, 'onToken' | 'onThinking'>

/** Speaks with one model in the format of its provider. */
export interface Speaker {
  /** Asks for an answer in one piece. */
  whole(asked: Asked): PromiseLike<Said>
  /**
   * Asks for an answer piece by piece. Gives, once the provider has begun one, what reads it to its
   * end; that throws the error which the provider tells in it.
   */
  streamed(asked: Asked): PromiseLike<(hearing: Hearing) => Promise<Said>>
}

/** Tells an answer that came in one piece: first what was thought, then what was said. */
export function tellWhole({ content }: Said, { onToken, onThinking }: Hearing): void {
  const told = (type: 'reasoning' | 'text') =>
    content.map((part) => (part.type === type ? part.text : '')).join('')
  const [thoughts, text] = [told('reasoning'), told('text')]
  if (thoughts !== '') onThinking?.(thoughts)
  if (text !== '') onToken?.(text)
}

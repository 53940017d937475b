import { expose } from './border.ts'

type Listener = () => void

/** As much of `AbortSignal` as `fetch` and its callers need. */
export class AbortSignal {
  aborted = false
  reason: unknown = undefined
  onabort: Listener | undefined
  readonly #listeners = new Set<Listener>()

  static abort(reason?: unknown): AbortSignal {
    const controller = new AbortController()
    controller.abort(reason)
    return controller.signal
  }

  static timeout(ms: number): AbortSignal {
    const controller = new AbortController()
    const error = new Error(`Nothing came within ${ms} ms.`)
    error.name = 'TimeoutError'
    setTimeout(() => controller.abort(error), ms)
    return controller.signal
  }

  addEventListener(_type: 'abort', listener: Listener): void {
    this.#listeners.add(listener)
  }

  removeEventListener(_type: 'abort', listener: Listener): void {
    this.#listeners.delete(listener)
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason
  }

  /** For `AbortController` only. */
  fire(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.onabort?.()
    for (const listener of this.#listeners) listener()
  }
}

export class AbortController {
  readonly signal = new AbortSignal()

  abort(reason?: unknown): void {
    const error = new Error('This operation was aborted')
    error.name = 'AbortError'
    this.signal.fire(reason ?? error)
  }
}

export function installAbort(): void {
  expose({ AbortController, AbortSignal })
}

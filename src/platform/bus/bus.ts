/**
 * Short messages from one instance to all, itself included; made for clearing caches.
 * What is sent while an instance cannot hear is lost to it, which is why it then gets `RESET`.
 */
export interface Bus {
  /**
   * Calls this instance's handlers before it returns, those of the others soon after.
   * @throws RangeError for a topic or payload that cannot travel.
   */
  publish(topic: string, payload: string): Promise<void>
  /** Returns the function that ends the subscription. The handler may get `RESET`. */
  subscribe(topic: string, handler: BusHandler): () => void
  /** False while messages of other instances may be missed: bypass caches then. */
  healthy(): boolean
  close(): Promise<void>
}

export type BusHandler = (payload: string) => void

/** The payload that says "anything may have changed": clear all that hangs on the topic. */
export const RESET = '*'

/** PostgreSQL carries less than 8,000 bytes a notification; sender and topic need some of them. */
export const MAX_PAYLOAD_BYTES = 7900

/** @throws RangeError naming what cannot travel. */
export function assertSendable(topic: string, payload: string): void {
  if (!/^[\w:.-]{1,60}$/.test(topic)) {
    throw new RangeError('A bus topic has 1 to 60 letters, digits, or any of _ : . -')
  }
  if (payload.includes('\0')) throw new RangeError('A bus payload cannot hold a NUL character')
  if (Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) {
    throw new RangeError(`A bus payload has at most ${MAX_PAYLOAD_BYTES} bytes`)
  }
}

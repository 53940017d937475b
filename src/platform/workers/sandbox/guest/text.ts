import { ask, expose, pack, unpack } from './border.ts'

/** Text of one encoding, by the names that Node gives them, as text of another. */
export function recode(text: string, from: unknown, to: unknown): string {
  return ask('recode', { text, from: String(from), to: String(to) })
}

export class TextEncoder {
  readonly encoding = 'utf-8'

  encode(text: unknown = ''): Uint8Array {
    return unpack(recode(String(text), 'utf8', 'latin1'))
  }
}

export class TextDecoder {
  readonly encoding: string

  constructor(label: unknown = 'utf-8') {
    this.encoding = ask('encoding', String(label))
  }

  decode(source: ArrayBuffer | ArrayBufferView = new ArrayBuffer(0)): string {
    return ask('decode', { text: pack(source), label: this.encoding })
  }
}

/** Encodings, and what little of `crypto` needs no key. */
export function installText(): void {
  installBuffer()
  expose({
    TextEncoder,
    TextDecoder,
    btoa: (text: unknown) => ask('btoa', String(text)),
    atob: (text: unknown) => ask('atob', String(text)),
    crypto: {
      randomUUID: () => ask('uuid', undefined),
      getRandomValues<View extends Uint8Array>(view: View): View {
        view.set(unpack(ask('random', view.byteLength)))
        return view
      },
    },
  })
}

/** `Buffer` as far as small tools use it: bytes from text and back, by the name of an encoding. */
export function installBuffer(): void {
  const prototype = Object.create(Uint8Array.prototype, {
    toString: {
      value(this: Uint8Array, encoding: unknown = 'utf8'): string {
        return recode(pack(this), 'latin1', encoding)
      },
    },
  })
  const buffer = (bytes: Uint8Array): Uint8Array => Object.setPrototypeOf(bytes, prototype)
  const from = (source: string | ArrayBuffer, encoding: unknown = 'utf8'): Uint8Array =>
    buffer(
      typeof source === 'string'
        ? unpack(recode(source, encoding, 'latin1'))
        : new Uint8Array(source),
    )
  expose({
    Buffer: {
      from,
      alloc: (length: number) => buffer(new Uint8Array(length)),
      concat: (parts: readonly Uint8Array[]) => buffer(unpack(parts.map(pack).join(''))),
      byteLength: (source: string | ArrayBuffer, encoding?: unknown) =>
        from(source, encoding).length,
      isBuffer: (value: object) => Object.getPrototypeOf(value) === prototype,
    },
  })
}

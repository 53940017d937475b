import { extname } from 'node:path'
import { newId } from '../core/ids.ts'
import type { Upload } from '../engine/node/run-input.ts'

/** An upload as its message tells of it. */
export interface Shown {
  readonly type: string
  readonly name: string
  readonly mime: string
  /** Present for a picture that is to be kept. */
  readonly picture?: {
    readonly name: string
    readonly mime: string
    readonly content: Uint8Array
    readonly text: null
  }
}

const pictures = /^data:(image\/(?:png|jpeg|gif|webp));base64,/
/** What the chat widget is told; larger ones are shown to the model and not kept. */
const mostBytes = 5 * 1024 * 1024

/**
 * What is kept of the uploads of a question: pictures under a name of our own, so that the
 * conversation can show them again; of everything else the name.
 */
export function shownPictures(uploads: readonly Upload[]): readonly Shown[] {
  return uploads.map((upload) => {
    const { type = 'file', name, mime } = upload
    const found = type === 'file' ? pictures.exec(upload.data) : null
    if (found === null || upload.data.length * 0.75 > mostBytes) return { type, name, mime }
    const [head, kind = mime] = found
    const own = `${newId()}${extname(name)
      .slice(0, 10)
      .replaceAll(/[^.\w]/g, '')}`
    const content = Buffer.from(upload.data.slice(head.length), 'base64')
    const picture = { name: own, mime: kind, content, text: null }
    return { type: 'stored-file', name: own, mime: kind, picture }
  })
}

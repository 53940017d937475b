import { Failure } from '../core/errors.ts'
import type { FileKind } from '../engine/node/load-job.ts'
import { loadEngine } from './engine.ts'
import { parsedFlow } from './source.ts'
import type { ChatflowView } from './view.ts'

/** What a caller may send along with a question. */
export interface Uploads {
  readonly isSpeechToTextEnabled: boolean
  readonly isImageUploadAllowed: boolean
  readonly isRAGFileUploadAllowed: boolean
  readonly imgUploadSizeAndTypes: readonly UploadLimits[]
  readonly fileUploadSizeAndTypes: readonly UploadLimits[]
}

/** As the chat widget reads it. */
interface UploadLimits {
  readonly fileTypes: readonly string[]
  /** In megabytes. */
  readonly maxUploadSize: number
}

const imageLimits: UploadLimits = {
  fileTypes: ['image/gif', 'image/jpeg', 'image/png', 'image/webp'],
  maxUploadSize: 5,
}

const endings: Readonly<Record<FileKind, readonly string[]>> = {
  text: ['.txt', '.md', '.html'],
  pdf: ['.pdf'],
  docx: ['.docx'],
  xlsx: ['.xlsx'],
  pptx: ['.pptx'],
  epub: ['.epub'],
  csv: ['.csv'],
  json: ['.json'],
  jsonl: ['.jsonl'],
  html: ['.html'],
}

export async function uploadsOf(flow: ChatflowView): Promise<Uploads> {
  const takesImages = /"allowImageUploads"\s*:\s*"?true/.test(flow.flowData)
  const kinds = await kindsOf(flow)
  return {
    // This server hears nobody.
    isSpeechToTextEnabled: false,
    isImageUploadAllowed: takesImages,
    isRAGFileUploadAllowed: kinds !== null,
    imgUploadSizeAndTypes: takesImages ? [imageLimits] : [],
    fileUploadSizeAndTypes: (kinds ?? []).map((kind) => ({
      fileTypes: kind === undefined ? ['*'] : endings[kind],
      maxUploadSize: 10,
    })),
  }
}

/** A flow that cannot be read takes no files either. */
async function kindsOf(flow: ChatflowView): Promise<readonly (FileKind | undefined)[] | null> {
  const { chatUploads } = await loadEngine()
  try {
    return chatUploads(await parsedFlow(flow))
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
}

import type { StoredFile } from '../../core/stored-file.ts'
import type { HumanInput } from './human.ts'
import type { HistoryMessage } from './ports.ts'

/** What the caller sent, already judged by the prediction that starts the run. */
export interface RunInput {
  readonly question?: string
  readonly form?: Readonly<Record<string, unknown>>
  readonly chatId: string
  /** The session the request names, before the flow has its say; see `sessionOf`. */
  readonly sessionId?: string
  /** Id the reply's message will have, where it is known already. */
  readonly apiMessageId?: string
  /** Sent along by the caller; stands before what is stored. */
  readonly history?: readonly HistoryMessage[]
  readonly overrideConfig?: Readonly<Record<string, unknown>>
  /** The caller reads the answer piece by piece. */
  readonly streaming?: boolean
  readonly uploads?: readonly Upload[]
  /** Files for the loaders of an upsert. */
  readonly files?: readonly LoaderFile[]
  /** The files are for this conversation alone. */
  readonly forChat?: boolean
  /** A decision on the run that stopped in this session. */
  readonly humanInput?: HumanInput
}

/** A file that came with the question. */
export interface Upload {
  /** What is done with it: see `readUploads`. */
  readonly type?: string
  readonly name: string
  /** A media type such as `image/png`. */
  readonly mime: string
  /** A data URI, base64, or an http URL. */
  readonly data: string
}

/** A file for the loaders of an upsert. */
export interface FileUpload extends Omit<Upload, 'data'> {
  /** A data URI, base64, or a file on disk. */
  readonly data: string | StoredFile
}

/** An uploaded file with the id of the node that loads it. */
export interface LoaderFile extends FileUpload {
  readonly loader: string
}

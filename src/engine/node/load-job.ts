import type { StoredFile } from '../../core/stored-file.ts'
import type { Splitter } from './instances.ts'

/** What is said of a file. */
interface FileFacts {
  readonly name: string
  readonly mime: string
  /** Where it came from, if it has a name of its own there; a newer one replaces what it gave. */
  readonly origin: string | null
  /** Of every document in it, beside what is found there. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** A file as it came. */
export interface DocumentFile extends FileFacts {
  readonly bytes: Uint8Array
}

/** One that is too large to be held in memory. */
export interface SpooledFile extends FileFacts {
  readonly stored: StoredFile
}

/** The kinds of files that can be read. */
export type FileKind =
  | 'text'
  | 'pdf'
  | 'docx'
  | 'xlsx'
  | 'pptx'
  | 'epub'
  | 'csv'
  | 'json'
  | 'jsonl'
  | 'html'

/** How files are read, as loaders let their authors say. */
export interface Reading {
  /** What a text is taken for when it does not say itself. */
  readonly kind?: FileKind
  /** One document a page of a PDF, or a chapter of a book; otherwise one a file. */
  readonly perPage: boolean
  /** Of CSV: the column that holds the text; all of them if empty. */
  readonly column: string
  /** Of JSON and JSON lines: where the texts are; everywhere if empty. */
  readonly pointers: readonly string[]
  /** Of JSON: one document an object, not one a text. */
  readonly perObject: boolean
  /** Of HTML: a CSS selector of what is wanted. */
  readonly selector: string
  /** Of HTML: its tags too, for a splitter that goes by them. */
  readonly withTags?: boolean
}

/** All that turns files into chunks, as data that a thread of its own can be given. */
export interface LoadJob {
  readonly files: readonly (DocumentFile | SpooledFile)[]
  readonly reading: Reading
  readonly splitter?: Splitter
  /** Added to the metadata of every document. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** Names of metadata to leave out; `*` leaves out all but what was added. */
  readonly omit: readonly string[]
}

/** What one job may read and make. */
export const caps = {
  /** Of all files together. */
  bytes: 1024 ** 3,
  /** Of a file that can only be read as a whole. */
  whole: 100 * 1024 * 1024,
  /** Bytes of a file once it is unpacked. */
  unpacked: 200 * 1024 * 1024,
  /** The same of the markup in it, of which a reader makes many times as much. */
  markup: 24 * 1024 * 1024,
  /** The same of one stream of a PDF. */
  stream: 64 * 1024 * 1024,
  pages: 5000,
  documents: 500_000,
  /** Characters of one document: nobody embeds more at once. */
  characters: 10_000_000,
} as const

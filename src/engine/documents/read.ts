import { Failure } from '../../core/errors.ts'
import { storable } from '../../core/json.ts'
import type { SourceDocument } from '../node/events.ts'
import type { DocumentFile, Reading } from '../node/load-job.ts'
import { detect, refusal } from './detect.ts'
import { TooDeep } from './markup.ts'
import { readCsv } from './read-csv.ts'
import { readDocx } from './read-docx.ts'
import { readEpub } from './read-epub.ts'
import { readHtml } from './read-html.ts'
import { readJson, readJsonLines } from './read-json.ts'
import { readPdf } from './read-pdf.ts'
import { readPptx } from './read-pptx.ts'
import { readXlsx } from './read-xlsx.ts'

/**
 * The documents in a file, before they are cut.
 * @throws Failure BAD_REQUEST, UNSUPPORTED_MEDIA_TYPE or UNPROCESSABLE naming the file.
 */
export async function readFile(file: DocumentFile, reading: Reading): Promise<SourceDocument[]> {
  try {
    const documents = await read(file, reading)
    const filled = documents.filter(({ pageContent }) => pageContent.trim() !== '')
    if (filled.length > 0) return filled.map((document) => labelled(document, file))
    throw refusal(file, 'UNPROCESSABLE', 'holds no text')
  } catch (error) {
    if (error instanceof TooDeep) throw refusal(file, error.code, TooDeep.why)
    // What a parser says may quote the document, and helps nobody.
    throw error instanceof Failure ? error : refusal(file, 'UNPROCESSABLE', 'is damaged')
  }
}

function labelled(
  { pageContent, metadata }: SourceDocument,
  { metadata: given }: DocumentFile,
): SourceDocument {
  const whole = storable({ ...given, ...metadata }) as SourceDocument['metadata']
  return { pageContent, metadata: whole }
}

async function read(file: DocumentFile, reading: Reading): Promise<SourceDocument[]> {
  const found = detect(file, reading.kind)
  switch (found.kind) {
    case 'pdf':
      return readPdf(file, reading)
    case 'docx':
      return readDocx(file)
    case 'xlsx':
      return readXlsx(file)
    case 'pptx':
      return readPptx(file)
    case 'epub':
      return readEpub(file, reading)
    case 'csv':
      return readCsv(found.text, reading)
    case 'json':
      return readJson(found.text, reading)
    case 'jsonl':
      return readJsonLines(found.text, reading)
    case 'html':
      return readHtml(found.text, reading)
    default:
      return [{ pageContent: found.text, metadata: {} }]
  }
}

import type { CheerioAPI } from 'cheerio'
import { Failure } from '../../core/errors.ts'

/** Nobody writes deeper; from there on readers take the square of the time, and then recurse too deep. */
const deepest = 1000

/** Elements are in too many others. */
export class TooDeep extends Failure {
  static readonly why = `has elements in more than ${deepest} others`

  constructor() {
    super('UNPROCESSABLE', `The page ${TooDeep.why}.`)
  }
}

/** HTML or XML to be asked. @throws TooDeep. */
export async function openMarkup(
  text: string,
  { xml = false }: { readonly xml?: boolean } = {},
): Promise<CheerioAPI> {
  const [{ load }, { Parser }] = await Promise.all([import('cheerio/slim'), import('htmlparser2')])
  let depth = 0
  // Throwing ends the parser, which the reader below does not let itself be.
  const handler = {
    onopentag() {
      depth += 1
      if (depth > deepest) throw new TooDeep()
    },
    onclosetag() {
      depth -= 1
    },
  }
  new Parser(handler, { xmlMode: xml }).end(text)
  return load(text, { xml })
}

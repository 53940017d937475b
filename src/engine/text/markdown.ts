const startsWithBlock = /^\s*<(p|h[1-6]|ul|ol|pre|blockquote|hr|div|table)\b[^>]*>/i
const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

/** How a tag opens and closes in Markdown. */
const marks: Readonly<Record<string, readonly [string, string]>> = {
  div: ['', '\n'],
  br: ['\n', ''],
  hr: ['\n---\n\n', ''],
  strong: ['**', '**'],
  b: ['**', '**'],
  em: ['_', '_'],
  i: ['_', '_'],
  blockquote: ['> ', '\n'],
  h1: ['# ', '\n\n'],
  h2: ['## ', '\n\n'],
  h3: ['### ', '\n\n'],
  h4: ['#### ', '\n\n'],
  h5: ['##### ', '\n\n'],
  h6: ['###### ', '\n\n'],
}

/** Lists within lists without end would fill the memory with blanks. */
const mostIndents = 100

/**
 * The Markdown of what the canvas editor stores as HTML; text that does not begin with a block
 * tag is not from the editor, and comes back as it is.
 */
export function markdownOf(text: string): string {
  if (!startsWithBlock.test(text)) return text
  const writer = createWriter()
  for (const [piece] of text.matchAll(/<\/?[a-z][^<>]*>|[^<]+|</gi)) {
    const tag = /^<(\/?)([a-z][a-z0-9]*)([^>]*)>$/i.exec(piece)
    if (tag === null) writer.text(decode(piece))
    else writer.tag((tag[2] ?? '').toLowerCase(), { closes: tag[1] === '/', rest: tag[3] ?? '' })
  }
  return writer.markdown()
}

interface Writer {
  text(text: string): void
  tag(name: string, how: { closes: boolean; rest: string }): void
  markdown(): string
}

function createWriter(): Writer {
  const out = createText()
  let isVerbatim = false
  /** One entry a list we are in: the number of the next item, or undefined for bullets. */
  const lists: (number | undefined)[] = []
  const links: string[] = []

  const item = (closes: boolean): string => {
    if (closes) return out.endsLine() ? '' : '\n'
    const number = lists.at(-1)
    if (number !== undefined) lists[lists.length - 1] = number + 1
    const indents = Math.min(Math.max(0, lists.length - 1), mostIndents)
    return `${'  '.repeat(indents)}${number === undefined ? '-' : `${number}.`} `
  }
  const list = (name: string, closes: boolean): string => {
    if (closes) lists.pop()
    const newline = lists.length > 0 && !out.endsLine() ? '\n' : ''
    if (!closes) lists.push(name === 'ol' ? 1 : undefined)
    return closes && lists.length === 0 ? '\n' : newline
  }
  const link = (closes: boolean, rest: string): string => {
    if (closes) return `](${links.pop() ?? ''})`
    links.push(/href="([^"]*)"/i.exec(rest)?.[1] ?? '')
    return '['
  }
  const verbatim = (closes: boolean): string => {
    isVerbatim = !closes
    return closes ? '\n```\n\n' : '```\n'
  }
  /** Tags whose mark depends on where they stand. */
  const special: Readonly<Record<string, (closes: boolean, rest: string) => string>> = {
    a: link,
    li: item,
    pre: verbatim,
    code: () => (isVerbatim ? '' : '`'),
    p: (closes) => (closes && lists.length === 0 ? '\n\n' : ''),
    ul: (closes) => list('ul', closes),
    ol: (closes) => list('ol', closes),
  }
  return {
    text: (text) => {
      out.add(isVerbatim ? text : text.replaceAll(/\s+/g, joined))
    },
    tag: (name, { closes, rest }) => {
      const fixed = marks[name]?.[closes ? 1 : 0] ?? ''
      out.add(Object.hasOwn(special, name) ? (special[name]?.(closes, rest) ?? '') : fixed)
    },
    markdown: out.tidy,
  }
}

/** A text that grows: to look at its end after each piece of it does not cost the whole. */
function createText() {
  const pieces: string[] = []
  return {
    add: (piece: string): void => {
      if (piece !== '') pieces.push(piece)
    },
    endsLine: () => pieces.at(-1)?.endsWith('\n') === true,
    tidy: () => {
      const whole = pieces.join('')
      return whole.replaceAll(/\n{3,}/g, '\n\n').trim()
    },
  }
}

/** Lines of a paragraph are one: blanks with a line's end among them are one blank. */
function joined(blanks: string): string {
  return blanks.includes('\n') ? ' ' : blanks
}

function decode(text: string): string {
  return text.replaceAll(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name.toLowerCase()] ?? whole
    const code =
      name[1]?.toLowerCase() === 'x' ? Number(`0${name.slice(1)}`) : Number(name.slice(1))
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole
  })
}

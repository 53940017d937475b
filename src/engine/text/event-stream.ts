/**
 * The data of the events of an event stream, together what came together; who stops listening closes
 * the stream.
 */
export async function* eventData(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[]> {
  let data: string[] = []
  const take = (lines: readonly string[]): string[] => {
    const events: string[] = []
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(line.startsWith(' ', 5) ? 6 : 5))
      if (line !== '' || data.length === 0) continue
      events.push(data.join('\n'))
      data = []
    }
    return events
  }
  for await (const lines of linesOf(body)) {
    const events = take(lines)
    if (events.length > 0) yield events
  }
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of body) {
    const text = decoder.decode(piece, { stream: true })
    rest += text
    // A line of many pieces is looked through once, when its end has come.
    if (!/[\r\n]/.test(text)) continue
    const lines = rest.split(rest.includes('\r') ? /\r\n|\n|\r(?!$)/ : '\n')
    rest = lines.pop() ?? ''
    yield lines
  }
  // A last CR waited for the LF that might have followed.
  yield [rest.replace(/\r$/, ''), '']
}

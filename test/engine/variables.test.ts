import { describe, expect, test } from 'vitest'
import {
  resolveInput,
  resolveStepInput,
  type AgentflowScope,
  type ChatflowScope,
} from '../../src/engine/run/references.ts'
import { createPrompt } from '../../src/engine/talk/prompt.ts'
import { markdownOf } from '../../src/engine/text/markdown.ts'

const model = { kind: 'chatModel' }
const built: Record<string, unknown> = {
  model_0: model,
  chain_0: 'said "so"',
  json_0: { a: { b: [1, { c: 'deep' }] } },
  text_0: '{"a":{"b":"in text"}}',
}
const history = [
  { role: 'userMessage', content: 'hi' },
  { role: 'apiMessage', content: 'hello' },
] as const

const chatflow: ChatflowScope = {
  fileText: '',
  question: 'why {{$vars.x}}?',
  history,
  variables: { x: 'X', obj: '{"k":"v"}' },
  flow: { chatId: 'c1', chatflowId: 'f1' },
  room: () => undefined,
  instance: (id) => (Object.hasOwn(built, id) ? Promise.resolve(built[id]) : undefined),
}

describe('references in a chatflow', () => {
  test.each<[unknown, boolean, unknown]>([
    ['plain', true, 'plain'],
    [7, true, 7],
    ['{{question}}', true, 'why {{$vars.x}}?'],
    ['{{question}}', false, '{{question}}'],
    ['{{ question }}', true, '{{ question }}'],
    ['a {{question}} b {{question}}', true, 'a why {{$vars.x}}? b why {{$vars.x}}?'],
    ['{{chat_history}}', true, 'Human: hi\nAssistant: hello'],
    ['{{file_attachment}}', true, ''],
    ['{{$vars.x}}!', false, 'X!'],
    ['{{$vars.obj.k}}', false, 'v'],
    ['{{$vars.unknown}}', false, '{{$vars.unknown}}'],
    ['{{$flow.chatId}}/{{$flow.chatflowId}}', false, 'c1/f1'],
    ['{{$flow.chatHistory[1].content}}', false, 'hello'],
    ['{{model_0.data.instance}}', false, model],
    [['{{model_0.data.instance}}', 'x'], false, [model, 'x']],
    ['it {{chain_0.data.instance}}', true, 'it said "so"'],
    ['{{json_0.data.instance.a.b[1].c}}', true, 'deep'],
    ['{{text_0.data.instance.a.b}}', true, 'in text'],
    ['{{json_0.data.instance}} x', true, '{"a":{"b":[1,{"c":"deep"}]}} x'],
    ['{{gone_0.data.instance}}', true, '{{gone_0.data.instance}}'],
    ['{{model_0.data.other}}', true, '{{model_0.data.other}}'],
    ['{{$vars.__proto__}}', true, '{{$vars.__proto__}}'],
    ['{{$flow.constructor.name}}', true, '{{$flow.constructor.name}}'],
    [
      '{{json_0.data.instance.constructor.prototype}}',
      true,
      '{{json_0.data.instance.constructor.prototype}}',
    ],
    ['{{toString.data.instance}}', true, '{{toString.data.instance}}'],
    ['{{}} {{x', true, '{{}} {{x'],
  ])('%j (variables: %s)', async (value, acceptVariable, expected) => {
    expect(await resolveInput(value, { acceptVariable, isJson: false }, chatflow)).toEqual(expected)
  })

  test('JSON is read before it is filled, so that no quote breaks out', async () => {
    const value = '{"q":"{{chain_0.data.instance}}","n":1,"l":["{{question}}"]}'
    const resolved = await resolveInput(value, { acceptVariable: true, isJson: true }, chatflow)
    expect(resolved).toEqual({ q: 'said "so"', n: 1, l: ['why {{$vars.x}}?'] })
  })
})

const agentflow: AgentflowScope = {
  question: 'why?',
  // As JSON gives them: own keys, which a check for own keys alone lets through.
  form: JSON.parse('{"a":{"b":"form"},"constructor":{"x":1},"__proto__":{"x":1}}') as {},
  history,
  variables: { x: 'X' },
  flow: { chatId: 'c1', state: { s: { t: 1 }, list: [1, 2] } },
  now: () => new Date('2026-01-02T03:04:05.678Z'),
  room: () => undefined,
  messagesInRun: 2,
  iteration: { name: 'item' },
  output: (id) =>
    ({
      llm_0: { content: 'said', count: 3, rows: [{ k: 'v' }] },
      http_0: { http: { data: { d: 1 } } },
    })[id],
}

describe('references in an agentflow', () => {
  test.each<[unknown, unknown]>([
    ['{{ question }}', 'why?'],
    ['{{question}} and {{  question  }}', 'why? and why?'],
    ['<p>Say <span class="variable" data-id="question">{{ question }}</span> </p>', 'Say why?'],
    ['{{ $form.a.b }}', 'form'],
    ['{{ $vars.x }}', 'X'],
    ['{{ $flow.state.s.t }}', '1'],
    ['{{ $flow.state.list }}', '[1,2]'],
    ['{{ $flow.chatHistory[1].content }}', 'hello'],
    ['{{ $flow.runtimeChatHistoryLength }} {{ runtime_messages_length }}', '2 2'],
    ['n={{ $flow.state.s }} {{ $flow.state.list }}', 'n={"t":1} [1,2]'],
    ['{{ $flow.chatId }}', 'c1'],
    ['{{ $iteration.name }}', 'item'],
    ['{{ $iteration }} x', '{"name":"item"} x'],
    ['{{ current_date_time }}', '2026-01-02T03:04:05.678Z'],
    ['{{ chat_history }}', 'Human: hi\nAssistant: hello'],
    ['{{ llm_0 }}', 'said'],
    ['{{ llm\\_0 }}', 'said'],
    ['{{ llm_0.output.rows }}', '[{"k":"v"}]'],
    ['{{ llm_0.output.rows[0].k }}!', 'v!'],
    ['{{ llm_0.output.count }}', 3],
    ['{{ llm_0.output.count }}!', '3!'],
    ['{{ http_0 }}', '{"d":1}'],
    ['{{ gone_0 }} {{ gone_0.output.x }}', '{{ gone_0 }} {{ gone_0.output.x }}'],
    ['{{ loop_count }}', '{{ loop_count }}'],
    ['{{ $form.__proto__.x }}', '{{ $form.__proto__.x }}'],
    ['{{ $form.constructor.x }}', '{{ $form.constructor.x }}'],
    ['{{ $flow.state.constructor }}', '{{ $flow.state.constructor }}'],
    [
      { a: ['{{ question }}', { b: '{{ $vars.x }}' }], n: null },
      { a: ['why?', { b: 'X' }], n: null },
    ],
  ])('%j', async (value, expected) => {
    expect(await resolveStepInput(value, agentflow)).toEqual(expected)
  })

  test('what the node itself left keeps its type', async () => {
    const scope = { ...agentflow, result: { content: '{"list":[1]}', n: 2 } }
    const rows = ['{{ output.list }}', '{{ output.n }}', '{{ output }}', 'n={{ output.n }}']
    expect(await resolveStepInput(rows, scope)).toEqual([[1], 2, '{"list":[1]}', 'n=2'])
  })

  test('in JSON a reference stays the text between its quotes', async () => {
    const body = { n: '{{ llm_0.output.count }}' }
    expect(await resolveStepInput(body, agentflow, true)).toEqual({ n: '3' })
  })

  test.each([
    ['$iteration', 'a text'],
    ['$iteration.item', 'a text'],
  ])('an item that is a text: {{ %s }}', async (name, expected) => {
    const scope = { ...agentflow, iteration: 'a text' }
    expect(await resolveStepInput(`{{ ${name} }}`, scope)).toBe(expected)
  })
})

test.each([
  ['no tag < here', 'no tag < here'],
  ['<b>inline</b> is not the editor', '<b>inline</b> is not the editor'],
  ['<p>a</p><p>b &amp; c &lt;d&gt; &#65;</p>', 'a\n\nb & c <d> A'],
  ['<p>a<br>b <strong>c</strong> <em>d</em> <code>e</code></p>', 'a\nb **c** _d_ `e`'],
  ['<h2>T</h2><p>x</p>', '## T\n\nx'],
  [
    '<ul><li><p>a</p></li><li><p>b</p><ol><li>c</li><li>d</li></ol></li></ul><p>e</p>',
    '- a\n- b\n  1. c\n  2. d\n\ne',
  ],
  ['<pre><code>if (a < b) {\n  c\n}</code></pre>', '```\nif (a < b) {\n  c\n}\n```'],
  ['<p><a href="https://x.example">x</a></p>', '[x](https://x.example)'],
])('Markdown of %j', (html, markdown) => {
  expect(markdownOf(html)).toBe(markdown)
})

test.each<[string, Record<string, unknown>, string[], string]>([
  ['a {x} b', {}, ['x'], 'a ? b'],
  ['{x}{y}{x}', { x: 1 }, ['y'], '1?1'],
  ['{x}{y}', { x: '', y: null }, ['y'], '?'],
  ['{{x}} \\{y\\}', {}, [], '{x} {y}'],
  ['{"a": "b"} {z}', {}, ['z'], '{"a": "b"} ?'],
  ['{} { } {toString}', {}, ['toString'], '{} { } ?'],
])('prompt %j', (...[template, values, missing, text]) => {
  const prompt = createPrompt([{ role: 'user', content: template }], values)
  expect(prompt.missing).toEqual(missing)
  const given = Object.fromEntries(missing.map((name) => [name, '?']))
  expect(prompt.format(given)[0]?.content).toBe(text)
})

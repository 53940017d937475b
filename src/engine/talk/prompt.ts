import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { Prompt, SpokenMessage } from '../node/instances.ts'
import { parseLoose } from '../text/json.ts'
import { safeEntries, textOf } from '../text/paths.ts'
import { joined } from '../text/room.ts'

/** A template cut at its variables. */
type Part = { readonly text: string } | { readonly variable: string }

type Values = Readonly<Record<string, unknown>>

/**
 * Builds a prompt out of templates with `{variable}`. `{{` and `}}`, and a brace after a
 * backslash, stand for the brace itself; a group that holds anything but a name is literal, so
 * JSON may stand in a template as it is. An empty value is one: a conversation may yet begin. Only
 * where the question would be heard by nobody is it what the author left empty, as it was once
 * where flows come from.
 */
export function createPrompt(
  templates: readonly SpokenMessage[],
  values: Values,
  drawn?: unknown,
): Prompt {
  const prompt = promptOf(templates, values)
  const empty = prompt.missing.length === 0 ? leftEmpty(values, drawn) : undefined
  return empty === undefined ? prompt : promptOf(templates, { ...values, [empty]: undefined })
}

/** The one value that was drawn as an empty text, beside none that holds the question, or may. */
function leftEmpty(values: Values, drawn: unknown): string | undefined {
  if (/\{\{(?:question\}\}|[^{}]+\.data\.instance)/.test(textOf(drawn))) return undefined
  const written = typeof drawn === 'string' ? parseLoose(drawn) : drawn
  const names = safeEntries(written).filter(([name, value]) => value === '' && values[name] === '')
  return names.length === 1 ? names[0]?.[0] : undefined
}

function promptOf(templates: readonly SpokenMessage[], values: Values): Prompt {
  const cut = templates.map(({ role, content }) => ({ role, parts: cutTemplate(content) }))
  const names = cut.flatMap(({ parts }) =>
    parts.flatMap((part) => ('variable' in part ? [part.variable] : [])),
  )
  const valueOf = (name: string): string | undefined =>
    Object.hasOwn(values, name) ? asText(values[name]) : undefined
  return {
    kind: 'prompt',
    missing: [...new Set(names)].filter((name) => valueOf(name) === undefined),
    format: (given) =>
      cut.map(({ role, parts }) => ({
        role,
        content: joined(
          parts.map((part) =>
            'text' in part ? part.text : (valueOf(part.variable) ?? given[part.variable] ?? ''),
          ),
        ),
      })),
  }
}

/** A text as a template in which nothing is a variable. */
export function literalText(text: string): string {
  return text.replaceAll(/[{}]/g, (brace) => brace + brace)
}

interface Filling {
  readonly question: string
  /** The node that asks; named in a refusal. */
  readonly node: FlowNode
  /** Values that are known besides those of the prompt itself. */
  readonly given?: Readonly<Record<string, string>>
}

/**
 * The prompt's messages for a question, which goes into the one variable that has no value.
 * @throws Failure UNPROCESSABLE when several have none.
 */
export function fillPrompt(
  prompt: Prompt,
  { question, node, given = {} }: Filling,
): readonly SpokenMessage[] {
  const unfilled = prompt.missing.filter((name) => !Object.hasOwn(given, name))
  const [first, ...more] = unfilled
  if (more.length > 0) {
    throw new Failure(
      'UNPROCESSABLE',
      `The node ${nodeTitle(node)} cannot run: please provide prompt values for ` +
        `${unfilled.join(', ')}.`,
    )
  }
  return prompt.format(first === undefined ? given : { ...given, [first]: question })
}

function cutTemplate(template: string): Part[] {
  const token = /\\[{}]|\{\{|\}\}|\{([^{}:"'\n]*)\}/g
  const parts: Part[] = []
  let from = 0
  for (const match of template.matchAll(token)) {
    parts.push({ text: template.slice(from, match.index) })
    const name = match[1]?.trim()
    if (name) parts.push({ variable: name })
    else parts.push({ text: name === '' ? match[0] : match[0].slice(1) })
    from = match.index + match[0].length
  }
  parts.push({ text: template.slice(from) })
  return parts
}

function asText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

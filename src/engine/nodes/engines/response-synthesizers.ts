import { defaultSynthesizer } from '../../documents/synthesize.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import type { Synthesizer } from '../../node/instances.ts'

interface SynthesizerRow {
  readonly name: string
  readonly label: string
  readonly way: Synthesizer['way']
  readonly description: string
}

const rows: readonly SynthesizerRow[] = [
  {
    name: 'compactrefineLlamaIndex',
    label: 'Compact and Refine',
    way: 'compact',
    description: 'Answers from as many texts as fit, then refines the answer by the others.',
  },
  {
    name: 'refineLlamaIndex',
    label: 'Refine',
    way: 'refine',
    description: 'Answers from the first text, then refines the answer by each of the others.',
  },
  {
    name: 'simpleResponseBuilderLlamaIndex',
    label: 'Simple Response Builder',
    way: 'simple',
    description: 'Answers from all texts at once.',
  },
  {
    name: 'treeSummarizeLlamaIndex',
    label: 'TreeSummarize',
    way: 'tree',
    description: 'Answers from groups of texts, then from the answers, until one is left.',
  },
]

/** How engines make one answer out of what was found. */
export const responseSynthesizers: readonly NodeDefinition[] = rows.map(({ way, ...facts }) =>
  defineNode({
    ...facts,
    version: 1,
    category: 'Response Synthesizer',
    inputs: {
      textQAPrompt: text({ default: defaultSynthesizer.prompt }),
      refinePrompt: text({ default: defaultSynthesizer.refinePrompt }),
      // The tree's name for the first of them.
      prompt: text(),
    },
    build: async ({ textQAPrompt, prompt, refinePrompt }): Promise<Synthesizer> => ({
      kind: 'synthesizer',
      way,
      refinePrompt,
      prompt: prompt || textQAPrompt,
    }),
  }),
)

import { loaded, loaderInputs, plainReading } from '../../documents/loader.ts'
import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'

/** A text written in the flow. */
export const plainText = defineNode({
  name: 'plainText',
  label: 'Plain Text',
  version: 2,
  category: 'Document Loaders',
  description: 'Loads a text that stands in the flow.',
  inputs: { ...loaderInputs, text: text({ acceptVariable: true }) },
  build: async (inputs, context) => {
    const file = { name: '', mime: 'text/plain', bytes: Buffer.from(inputs.text), origin: null }
    return loaded(inputs, { files: async () => [file], reading: plainReading }, context)
  },
})

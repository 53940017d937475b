import type { CodegenConfig } from '@graphql-codegen/cli'

/** Types the operations of the example from the published schema; `npm run codegen` runs it. */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: ['examples/typed-client/*.ts'],
  generates: {
    'examples/typed-client/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        enumsAsTypes: true,
        useTypeImports: true,
        emitLegacyCommonJSImports: false,
        importExtension: '.ts',
        defaultScalarType: 'unknown',
        scalars: { DateTime: 'string' },
      },
    },
  },
}

export default config

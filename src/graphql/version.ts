import manifest from '../../package.json' with { type: 'json' }
import { builder } from './builder.ts'

const VersionType = builder.objectRef<{ version: string }>('Version').implement({
  description: 'What runs here.',
  fields: (t) => ({ version: t.exposeString('version', { description: 'As major.minor.patch.' }) }),
})

builder.queryField('version', (t) =>
  t.field({
    type: VersionType,
    description: 'The version of this server.',
    authScopes: { anyone: 'notRejected' },
    resolve: () => ({ version: manifest.version }),
  }),
)

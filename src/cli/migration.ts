import process from 'node:process'
import { MikroORM } from '@mikro-orm/postgresql'
import config from '../../mikro-orm.config.ts'

// Writes the migration that takes the last snapshot to the entities of today. No database is asked:
// the snapshot beside the migrations says what there is.
const [name] = process.argv.slice(2)
if (name && !/^[a-z][a-z0-9_]*$/.test(name)) {
  process.stderr.write('Name it in lower case, such as: npm run migration -- chatflow_tags\n')
  process.exit(1)
}

const orm = await MikroORM.init({ ...config, logger: () => undefined })
const { fileName } = await orm.migrator.create(undefined, false, false, name)
await orm.close()
process.stdout.write(
  fileName
    ? `wrote schema/migrations/${fileName} and the snapshot.\n` +
        'A new table of workspaces also needs its grants and policy: see CONTRIBUTING.md.\n'
    : 'The entities say what the last migration says: nothing to write.\n',
)

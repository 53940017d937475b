import { Migration } from '@mikro-orm/migrations'
import { quoteIdentifier, roleNames } from '../../src/db/roles.ts'

/** Rights on upserts under way, and on what stopped servers left of theirs. */
export class Migration20261126123326_vector_batches_isolation extends Migration {
  override name = 'Migration20261126123326_vector_batches_isolation'

  override async up(): Promise<void> {
    const [row] = await this.execute('select current_database()')
    const roles = roleNames(String(row?.['current_database']))
    const app = quoteIdentifier(roles.app)
    const jobs = quoteIdentifier(roles.jobs)
    this.addSql(
      'alter table vector_batch add constraint vector_batch_workspace_id_space_id_foreign foreign key (workspace_id, space_id) references vector_space (workspace_id, id) on delete cascade',
    )
    this.addSql(`grant select, insert, update, delete on vector_batch to ${app}`)
    this.addSql(`grant select (id, space_id, heartbeat), delete on vector_batch to ${jobs}`)
    this.addSql(`create policy jobs on vector_batch to ${jobs} using (true) with check (true)`)
    this.addSql(`grant select (space_id, batch_id), delete on vector_chunk to ${jobs}`)
    this.addSql(`create policy jobs on vector_chunk to ${jobs} using (true) with check (true)`)
  }
}

import { Migration } from '@mikro-orm/migrations'
import { quoteIdentifier, roleNames } from '../../src/db/roles.ts'

/** Rights on the records of runs, which go with their chatflow, and what jobs may clean up. */
export class Migration20261123000006_runs_isolation extends Migration {
  override name = 'Migration20261123000006_runs_isolation'

  override async up(): Promise<void> {
    const [row] = await this.execute('select current_database()')
    const roles = roleNames(String(row?.['current_database']))
    const app = quoteIdentifier(roles.app)
    const jobs = quoteIdentifier(roles.jobs)
    const lookup = quoteIdentifier(roles.lookup)
    for (const table of ['execution', 'chat_message_feedback', 'lead']) {
      this.addSql(
        `alter table ${table} add constraint ${table}_workspace_id_chatflowid_foreign foreign key (workspace_id, chatflowid) references chatflow (workspace_id, id) on delete cascade`,
      )
      this.addSql(`grant select, insert, update, delete on ${table} to ${app}`)
      this.addSql(`grant select (id, created_date), delete on ${table} to ${jobs}`)
      this.addSql(`create policy jobs on ${table} to ${jobs} using (true) with check (true)`)
    }
    // A rating is changed by its own id, so its flow is looked up to see who may.
    this.addSql(`grant select (id, chatflowid) on chat_message_feedback to ${lookup}`)
    this.addSql(`create policy lookup on chat_message_feedback for select to ${lookup} using (true)`)
  }
}

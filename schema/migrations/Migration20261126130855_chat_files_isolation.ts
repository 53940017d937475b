import { Migration } from '@mikro-orm/migrations'
import { quoteIdentifier, roleNames } from '../../src/db/roles.ts'

/** Rights on the files of conversations, which go with their chatflow, and what jobs may clean up. */
export class Migration20261126130855_chat_files_isolation extends Migration {
  override name = 'Migration20261126130855_chat_files_isolation'

  override async up(): Promise<void> {
    const [row] = await this.execute('select current_database()')
    const roles = roleNames(String(row?.['current_database']))
    const app = quoteIdentifier(roles.app)
    const jobs = quoteIdentifier(roles.jobs)
    this.addSql(
      'alter table chat_file add constraint chat_file_workspace_id_chatflowid_foreign foreign key (workspace_id, chatflowid) references chatflow (workspace_id, id) on delete cascade',
    )
    this.addSql(`grant select, insert, update, delete on chat_file to ${app}`)
    this.addSql(`grant select (id, created_date), delete on chat_file to ${jobs}`)
    this.addSql(`create policy jobs on chat_file to ${jobs} using (true) with check (true)`)
    // What was uploaded to conversations ages as they do.
    this.addSql(`grant select (id, namespace, updated_date), delete on vector_space to ${jobs}`)
    this.addSql(`create policy jobs on vector_space to ${jobs} using (true) with check (true)`)
  }
}

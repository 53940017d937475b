import { Migration } from '@mikro-orm/migrations'
import { quoteIdentifier, roleNames } from '../../src/db/roles.ts'

/** Rights on the tables of people and records, and what jobs may clean up, count and re-encrypt. */
export class Migration20261123000004_records_isolation extends Migration {
  override name = 'Migration20261123000004_records_isolation'

  override async up(): Promise<void> {
    const [row] = await this.execute('select current_database()')
    const roles = roleNames(String(row?.['current_database']))
    this.addForeignKeys()
    this.grantApp(quoteIdentifier(roles.app))
    this.grantJobs(quoteIdentifier(roles.jobs))
  }

  private addForeignKeys(): void {
    for (const [table, column, parent] of [
      ['invite', 'user_id', 'app_user'],
      ['api_key_usage', 'workspace_id', 'workspace'],
      ['variable', 'workspace_id', 'workspace'],
    ] as const) {
      this.addSql(
        `alter table ${table} add constraint ${table}_${column}_foreign foreign key (${column}) references ${parent} (id) on delete cascade`,
      )
    }
  }

  private grantApp(role: string): void {
    this.addSql(`grant select, insert, update, delete on invite, variable to ${role}`)
    // Records are written by the jobs role alone, so that no request can change what was recorded.
    this.addSql(`grant select on audit_entry, api_key_usage to ${role}`)
  }

  private grantJobs(role: string): void {
    const rights = {
      audit_entry: 'select, insert, delete',
      api_key_usage: 'select, insert, update, delete',
      chat_message: 'select (id, created_date), delete',
      session: 'select, update (ended_date), delete',
      refresh_token: 'select (digest, session_id), delete',
      invite: 'select, insert, delete',
      credential: 'select (id, workspace_id, encrypted_data), update (encrypted_data)',
    }
    for (const [table, list] of Object.entries(rights)) {
      this.addSql(`grant ${list} on ${table} to ${role}`)
      this.addSql(`create policy jobs on ${table} to ${role} using (true) with check (true)`)
    }
    this.addSql(`grant update (password_hash, disabled) on app_user to ${role}`)
    this.addSql(`grant select (workspace_id, last_used_address) on api_key to ${role}`)
  }
}

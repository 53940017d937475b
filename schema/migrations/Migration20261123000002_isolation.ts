import { Migration } from '@mikro-orm/migrations'
import { quoteIdentifier, roleNames } from '../../src/db/roles.ts'

/** What the schema generator cannot write: keys across tenancy, the three roles' rights and policies. */
export class Migration20261123000002_isolation extends Migration {
  override name = 'Migration20261123000002_isolation'

  override async up(): Promise<void> {
    const [row] = await this.execute('select current_database()')
    const roles = roleNames(String(row?.['current_database']))
    this.addForeignKeys()
    this.grantApp(quoteIdentifier(roles.app))
    this.grantLookup(quoteIdentifier(roles.lookup))
    this.grantJobs(quoteIdentifier(roles.jobs))
  }

  /** A child names its parent together with the workspace, so it cannot point into another one. */
  private addForeignKeys(): void {
    const references = [
      ['workspace', 'organization_id', 'organization', 'id'],
      ['app_user', 'organization_id', 'organization', 'id'],
      ['membership', 'workspace_id', 'workspace', 'id'],
      ['membership', 'user_id', 'app_user', 'id'],
      ['session', 'user_id', 'app_user', 'id'],
      ['session', 'workspace_id', 'workspace', 'id'],
      ['refresh_token', 'user_id, session_id', 'session', 'user_id, id'],
      ['api_key', 'workspace_id', 'workspace', 'id'],
      ['credential', 'workspace_id', 'workspace', 'id'],
      ['tool', 'workspace_id', 'workspace', 'id'],
      ['chatflow', 'workspace_id', 'workspace', 'id'],
      ['chat_message', 'workspace_id, chatflowid', 'chatflow', 'workspace_id, id'],
    ] as const
    this.addSql('alter table session add constraint session_user_id_id_unique unique (user_id, id)')
    this.addSql(
      'alter table chatflow add constraint chatflow_workspace_id_id_unique unique (workspace_id, id)',
    )
    for (const [table, columns, parent, keys] of references) {
      const name = `${table}_${columns.replaceAll(', ', '_')}_foreign`
      this.addSql(
        `alter table ${table} add constraint ${name} foreign key (${columns}) references ${parent} (${keys}) on delete cascade`,
      )
    }
  }

  private grantApp(role: string): void {
    this.addSql(`grant usage on schema public to ${role}`)
    this.addSql(`grant select on organization to ${role}`)
    this.addSql(`grant select, insert, delete on workspace to ${role}`)
    this.addSql(`grant select, insert, update on app_user to ${role}`)
    this.addSql(
      `grant select, insert, update, delete on membership, session, refresh_token, api_key, credential, tool, chatflow, chat_message to ${role}`,
    )
    // An organization's workspaces are seen by name, and removed from inside alone.
    this.addSql(
      `create policy own on workspace as restrictive for delete to ${role} using (id = nullif(current_setting('app.workspace', true), '')::uuid)`,
    )
  }

  private grantLookup(role: string): void {
    const columns = {
      api_key:
        'id, workspace_id, key_name, permissions, key_digest, secret_digest, previous_key_digest, previous_secret_digest, grace_ends_date, expires_date, rate_limit',
      app_user: 'id, organization_id, email, name, password_hash, disabled',
      membership: 'workspace_id, user_id, role, permissions, created_date',
      session: 'id, user_id, workspace_id, expires_date, ended_date',
      workspace: 'id, organization_id',
      chatflow: 'id, workspace_id, apikeyid, is_public, chatbot_config',
    }
    this.addSql(`grant usage on schema public to ${role}`)
    for (const [table, names] of Object.entries(columns)) {
      this.addSql(`grant select (${names}) on ${table} to ${role}`)
      this.addSql(`create policy lookup on ${table} for select to ${role} using (true)`)
    }
  }

  private grantJobs(role: string): void {
    this.addSql(`grant usage on schema public to ${role}`)
    this.addSql(`grant select (id), update (usage_count, last_used_date, last_used_address) on api_key to ${role}`)
    this.addSql(`grant select (usage_count, last_used_date) on api_key to ${role}`)
    this.addSql(`create policy jobs on api_key to ${role} using (true) with check (true)`)
    for (const table of ['organization', 'workspace', 'app_user', 'membership']) {
      this.addSql(`grant select, insert on ${table} to ${role}`)
      this.addSql(`create policy jobs on ${table} to ${role} using (true) with check (true)`)
    }
  }
}

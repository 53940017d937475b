import { Migration } from '@mikro-orm/migrations'
import { quoteIdentifier, roleNames } from '../../src/db/roles.ts'

/** Rights on vectors, which go with their chatflow, and the index for those that grow. */
export class Migration20261123000008_vectors_isolation extends Migration {
  override name = 'Migration20261123000008_vectors_isolation'

  override async up(): Promise<void> {
    const [row] = await this.execute('select current_database()')
    const roles = roleNames(String(row?.['current_database']))
    const app = quoteIdentifier(roles.app)
    const references = [
      ['vector_space', 'chatflowid', 'chatflow'],
      ['vector_chunk', 'space_id', 'vector_space'],
      ['upsert_history', 'chatflowid', 'chatflow'],
    ] as const
    for (const [table, column, parent] of references) {
      this.addSql(
        `alter table ${table} add constraint ${table}_workspace_id_${column}_foreign foreign key (workspace_id, ${column}) references ${parent} (workspace_id, id) on delete cascade`,
      )
      this.addSql(`grant select, insert, update, delete on ${table} to ${app}`)
    }
    const jobs = quoteIdentifier(roles.jobs)
    this.addSql(`grant select (id, date), delete on upsert_history to ${jobs}`)
    this.addSql(`create policy jobs on upsert_history to ${jobs} using (true) with check (true)`)
    // Vectors do not compress; trying to costs more than it saves.
    this.addSql('alter table vector_chunk alter column embedding set storage external')
    // An index belongs to whoever owns the table, which no serving role does: this makes the one
    // kind that is needed, for a space of the caller's own workspace, and nothing else.
    this.addSql(`create function vector_space_index(space uuid, dimensions int) returns void
      language plpgsql security definer set search_path = public, pg_temp as $$
      begin
        if dimensions not between 1 and 2000 or to_regtype('vector') is null
          or not exists (
            select from vector_space where id = space
              and workspace_id = nullif(current_setting('app.workspace', true), '')::uuid
          ) then return; end if;
        execute format(
          'create index if not exists %I on vector_chunk using hnsw ((embedding::vector(%s)) vector_ip_ops) where space_id = %L',
          'vector_chunk_hnsw_' || replace(space::text, '-', ''), dimensions, space);
      end $$`)
    this.addSql('revoke all on function vector_space_index(uuid, int) from public')
    this.addSql(`grant execute on function vector_space_index(uuid, int) to ${app}`)
  }
}

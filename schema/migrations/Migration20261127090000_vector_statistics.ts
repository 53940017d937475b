import { Migration } from '@mikro-orm/migrations'

const made = `
  if dimensions not between 1 and 2000 or to_regtype('vector') is null
    or not exists (
      select from vector_space where id = space
        and workspace_id = nullif(current_setting('app.workspace', true), '')::uuid
    ) then return; end if;
  execute format(
    'create index if not exists %I on vector_chunk using hnsw ((embedding::vector(%s)) vector_ip_ops) where space_id = %L',
    'vector_chunk_hnsw_' || replace(space::text, '-', ''), dimensions, space);`

/**
 * Written by hand. Nobody keeps statistics in the embedded database, and without them a namespace is
 * taken to hold a handful of chunks, for which no search would go by an index.
 */
export class Migration20261127090000_vector_statistics extends Migration {
  override name = 'Migration20261127090000_vector_statistics'

  override up(): void {
    this.addSql(functionWith(`${made}
  analyze vector_chunk (workspace_id, space_id);`))
  }

  override down(): void {
    this.addSql(functionWith(made))
  }
}

function functionWith(body: string): string {
  return `create or replace function vector_space_index(space uuid, dimensions int) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin${body}
end $$`
}

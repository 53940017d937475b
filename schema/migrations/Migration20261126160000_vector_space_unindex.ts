import { Migration } from '@mikro-orm/migrations'
import { quoteIdentifier, roleNames } from '../../src/db/roles.ts'

/** Written by hand: lets the jobs role drop the index of a namespace that is gone, and no other. */
export class Migration20261126160000_vector_space_unindex extends Migration {
  override name = 'Migration20261126160000_vector_space_unindex'

  override async up(): Promise<void> {
    const [row] = await this.execute('select current_database()')
    const { jobs } = roleNames(String(row?.['current_database']))
    this.addSql(`create function vector_space_unindex(space uuid) returns void
      language plpgsql security definer set search_path = public, pg_temp as $$
      begin
        if exists (select from vector_space where id = space) then return; end if;
        execute format(
          'drop index if exists %I', 'vector_chunk_hnsw_' || replace(space::text, '-', ''));
      end $$`)
    this.addSql('revoke all on function vector_space_unindex(uuid) from public')
    this.addSql(`grant execute on function vector_space_unindex(uuid) to ${quoteIdentifier(jobs)}`)
  }

  override down(): void {
    this.addSql('drop function vector_space_unindex(uuid)')
  }
}

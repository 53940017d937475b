import { Migration } from '@mikro-orm/migrations'
import { quoteIdentifier, roleNames } from '../../src/db/roles.ts'

/** Rights on document stores, whose chunks, files and vectors go with them. */
export class Migration20261126131558_document_stores_isolation extends Migration {
  override name = 'Migration20261126131558_document_stores_isolation'

  override async up(): Promise<void> {
    const [row] = await this.execute('select current_database()')
    const app = quoteIdentifier(roleNames(String(row?.['current_database'])).app)
    const references = [
      ['document_store', 'workspace_id', 'workspace', 'id'],
      ['document_loader', 'workspace_id, store_id', 'document_store', 'workspace_id, id'],
      ['document_chunk', 'workspace_id, store_id, doc_id', 'document_loader', 'workspace_id, store_id, id'],
      ['document_file', 'workspace_id, store_id, doc_id', 'document_loader', 'workspace_id, store_id, id'],
      ['document_file_part', 'workspace_id, file_id', 'document_file', 'workspace_id, id'],
      ['vector_space', 'workspace_id, store_id', 'document_store', 'workspace_id, id'],
    ] as const
    for (const [table, columns, parent, keys] of references) {
      const name = `${table}_${columns.replaceAll(', ', '_')}_foreign`
      this.addSql(
        `alter table ${table} add constraint ${name} foreign key (${columns}) references ${parent} (${keys}) on delete cascade`,
      )
    }
    this.addSql(
      `grant select, insert, update, delete on document_store, document_loader, document_chunk, document_file, document_file_part to ${app}`,
    )
  }
}

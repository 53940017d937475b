import { Migration } from '@mikro-orm/migrations'

/** Written by hand: digits of vectors do not get shorter by packing, and trying costs more than all else. */
export class Migration20261126150000_vector_storage extends Migration {
  override name = 'Migration20261126150000_vector_storage'

  override up(): void {
    this.addSql('alter table vector_chunk alter column embedding set storage external')
  }

  override down(): void {
    this.addSql('alter table vector_chunk alter column embedding set storage extended')
  }
}

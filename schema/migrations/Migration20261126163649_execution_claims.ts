import { Migration } from '@mikro-orm/migrations';

export class Migration20261126163649_execution_claims extends Migration {

  override name = 'Migration20261126163649_execution_claims';

  override up(): void | Promise<void> {
    this.addSql(`alter table "execution" add "claimed_until" timestamptz(3) null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "execution" drop column "claimed_until";`);
  }

}

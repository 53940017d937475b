import { Migration } from '@mikro-orm/migrations';

export class Migration20261126123325_vector_batches extends Migration {

  override name = 'Migration20261126123325_vector_batches';

  override up(): void | Promise<void> {
    this.addSql(`create table "vector_batch" ("id" uuid not null, "workspace_id" uuid not null, "space_id" uuid not null, "heartbeat" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`alter table "vector_batch" add constraint "vector_batch_space_id_unique" unique ("space_id");`);

    this.addSql(`alter table "upsert_history" add "status" text not null default 'FINISHED', add "error" text null, add "updated_date" timestamptz(3) null;`);

    this.addSql(`alter table "vector_chunk" add "batch_id" uuid not null default '00000000-0000-0000-0000-000000000000';`);

    this.addSql(`alter table "vector_batch" enable row level security;`);
    this.addSql(`alter table "vector_batch" force row level security;`);
    this.addSql(`create policy "tenancy" on "vector_batch" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "vector_batch" cascade;`);

    this.addSql(`alter table "upsert_history" drop column "status", drop column "error", drop column "updated_date";`);

    this.addSql(`alter table "vector_chunk" drop column "batch_id";`);
  }

}

import { Migration } from '@mikro-orm/migrations';

export class Migration20261123000007_vectors extends Migration {

  override name = 'Migration20261123000007_vectors';

  override up(): void | Promise<void> {
    this.addSql(`create table "upsert_history" ("id" uuid not null, "workspace_id" uuid not null, "chatflowid" uuid not null, "result" jsonb not null, "flow_data" jsonb not null, "date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "upsert_history_workspace_id_chatflowid_date_index" on "upsert_history" ("workspace_id", "chatflowid", "date");`);

    this.addSql(`create table "vector_chunk" ("id" uuid not null, "workspace_id" uuid not null, "space_id" uuid not null, "hash" text not null, "source" text null, "content" text not null, "metadata" jsonb not null, "embedding" real[] not null, "created_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "vector_chunk_space_id_source_index" on "vector_chunk" ("space_id", "source");`);
    this.addSql(`alter table "vector_chunk" add constraint "vector_chunk_space_id_hash_unique" unique ("space_id", "hash");`);

    this.addSql(`create table "vector_space" ("id" uuid not null, "workspace_id" uuid not null, "chatflowid" uuid not null, "namespace" text not null, "model" text not null, "dimensions" int not null, "created_date" timestamptz(3) not null, "updated_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`alter table "vector_space" add constraint "vector_space_workspace_id_chatflowid_namespace_unique" unique ("workspace_id", "chatflowid", "namespace");`);
    this.addSql(`alter table "vector_space" add constraint "vector_space_workspace_id_id_unique" unique ("workspace_id", "id");`);

    this.addSql(`alter table "upsert_history" enable row level security;`);
    this.addSql(`alter table "upsert_history" force row level security;`);
    this.addSql(`create policy "tenancy" on "upsert_history" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);

    this.addSql(`alter table "vector_chunk" enable row level security;`);
    this.addSql(`alter table "vector_chunk" force row level security;`);
    this.addSql(`create policy "tenancy" on "vector_chunk" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);

    this.addSql(`alter table "vector_space" enable row level security;`);
    this.addSql(`alter table "vector_space" force row level security;`);
    this.addSql(`create policy "tenancy" on "vector_space" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "upsert_history" cascade;`);
    this.addSql(`drop table if exists "vector_chunk" cascade;`);
    this.addSql(`drop table if exists "vector_space" cascade;`);
  }

}

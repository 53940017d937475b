import { Migration } from '@mikro-orm/migrations';

export class Migration20261126131557_document_stores extends Migration {

  override name = 'Migration20261126131557_document_stores';

  override up(): void | Promise<void> {
    this.addSql(`create table "document_chunk" ("id" uuid not null, "workspace_id" uuid not null, "store_id" uuid not null, "doc_id" uuid not null, "staging_id" uuid not null, "chunk_no" int not null, "page_content" text not null, "metadata" jsonb not null, primary key ("id"));`);
    this.addSql(`alter table "document_chunk" add constraint "document_chunk_doc_id_staging_id_chunk_no_unique" unique ("doc_id", "staging_id", "chunk_no");`);

    this.addSql(`create table "document_file" ("id" uuid not null, "workspace_id" uuid not null, "store_id" uuid not null, "doc_id" uuid not null, "staging_id" uuid not null, "name" text not null, "mime" text not null, "size" int not null, primary key ("id"));`);
    this.addSql(`create index "document_file_doc_id_staging_id_index" on "document_file" ("doc_id", "staging_id");`);
    this.addSql(`alter table "document_file" add constraint "document_file_workspace_id_id_unique" unique ("workspace_id", "id");`);

    this.addSql(`create table "document_file_part" ("file_id" uuid not null, "part_no" int not null, "workspace_id" uuid not null, "content" bytea not null, primary key ("file_id", "part_no"));`);

    this.addSql(`create table "document_loader" ("id" uuid not null, "workspace_id" uuid not null, "store_id" uuid not null, "loader_name" text not null, "loader" jsonb not null, "splitter_name" text null, "splitter" jsonb null, "status" text not null, "is_upserted" boolean not null, "total_chunks" int not null, "total_chars" int not null, "staging_id" uuid null, "chunks_of" uuid null, "files_of" uuid null, "created_date" timestamptz(3) not null, "updated_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "document_loader_store_id_created_date_id_index" on "document_loader" ("store_id", "created_date", "id");`);
    this.addSql(`alter table "document_loader" add constraint "document_loader_workspace_id_store_id_id_unique" unique ("workspace_id", "store_id", "id");`);

    this.addSql(`create table "document_store" ("id" uuid not null, "workspace_id" uuid not null, "name" text not null, "description" text not null, "upserting_date" timestamptz(3) null, "embedding_config" jsonb null, "vector_store_config" jsonb null, "record_manager_config" jsonb null, "created_date" timestamptz(3) not null, "updated_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "document_store_workspace_id_updated_date_id_index" on "document_store" ("workspace_id", "updated_date", "id");`);
    this.addSql(`alter table "document_store" add constraint "document_store_workspace_id_id_unique" unique ("workspace_id", "id");`);

    this.addSql(`alter table "vector_space" add "store_id" uuid null;`);
    this.addSql(`alter table "vector_space" alter column "chatflowid" drop not null;`);
    this.addSql(`alter table "vector_space" add constraint "vector_space_workspace_id_store_id_namespace_unique" unique ("workspace_id", "store_id", "namespace");`);
    this.addSql(`alter table "vector_space" add constraint "vector_space_one_owner" check ((chatflowid is null) <> (store_id is null));`);

    this.addSql(`alter table "document_chunk" enable row level security;`);
    this.addSql(`alter table "document_chunk" force row level security;`);
    this.addSql(`create policy "tenancy" on "document_chunk" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);

    this.addSql(`alter table "document_file" enable row level security;`);
    this.addSql(`alter table "document_file" force row level security;`);
    this.addSql(`create policy "tenancy" on "document_file" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);

    this.addSql(`alter table "document_file_part" enable row level security;`);
    this.addSql(`alter table "document_file_part" force row level security;`);
    this.addSql(`create policy "tenancy" on "document_file_part" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);

    this.addSql(`alter table "document_loader" enable row level security;`);
    this.addSql(`alter table "document_loader" force row level security;`);
    this.addSql(`create policy "tenancy" on "document_loader" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);

    this.addSql(`alter table "document_store" enable row level security;`);
    this.addSql(`alter table "document_store" force row level security;`);
    this.addSql(`create policy "tenancy" on "document_store" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "document_chunk" cascade;`);
    this.addSql(`drop table if exists "document_file" cascade;`);
    this.addSql(`drop table if exists "document_file_part" cascade;`);
    this.addSql(`drop table if exists "document_loader" cascade;`);
    this.addSql(`drop table if exists "document_store" cascade;`);

    this.addSql(`alter table "vector_space" drop constraint "vector_space_workspace_id_store_id_namespace_unique";`);
    this.addSql(`alter table "vector_space" drop constraint "vector_space_one_owner";`);
    this.addSql(`alter table "vector_space" drop column "store_id";`);
    this.addSql(`alter table "vector_space" alter column "chatflowid" set not null;`);
  }

}

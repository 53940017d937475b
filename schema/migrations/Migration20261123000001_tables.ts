import { Migration } from '@mikro-orm/migrations';

export class Migration20261123000001_tables extends Migration {

  override name = 'Migration20261123000001_tables';

  override up(): void | Promise<void> {
    this.addSql(`create table "api_key" ("id" text not null, "workspace_id" uuid not null, "key_name" text not null, "permissions" text[] not null, "key_mask" text not null, "key_digest" text not null, "secret_digest" text not null, "previous_key_digest" text null, "previous_secret_digest" text null, "grace_ends_date" timestamptz(3) null, "expires_date" timestamptz(3) null, "rate_limit" jsonb null, "usage_count" bigint not null default '0', "last_used_date" timestamptz(3) null, "last_used_address" text null, "created_date" timestamptz(3) not null, "updated_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`alter table "api_key" add constraint "api_key_key_digest_unique" unique ("key_digest");`);
    this.addSql(`alter table "api_key" add constraint "api_key_previous_key_digest_unique" unique ("previous_key_digest");`);
    this.addSql(`create index "api_key_workspace_id_updated_date_id_index" on "api_key" ("workspace_id", "updated_date", "id");`);

    this.addSql(`create table "chatflow" ("id" uuid not null, "workspace_id" uuid not null, "name" text not null, "flow_data" text not null, "type" text not null, "deployed" boolean not null, "is_public" boolean not null, "apikeyid" text null, "category" text null, "chatbot_config" text null, "api_config" text null, "analytic" text null, "speech_to_text" text null, "text_to_speech" text null, "follow_up_prompts" text null, "created_date" timestamptz(3) not null, "updated_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "chatflow_workspace_id_updated_date_id_index" on "chatflow" ("workspace_id", "updated_date", "id");`);
    this.addSql(`create index "chatflow_workspace_id_apikeyid_index" on "chatflow" ("workspace_id", "apikeyid");`);

    this.addSql(`create table "chat_message" ("id" uuid not null, "workspace_id" uuid not null, "chatflowid" uuid not null, "chat_id" text not null, "session_id" text not null, "owner" text not null, "role" text not null, "content" text not null, "source_documents" jsonb null, "used_tools" jsonb null, "memory_type" text null, "created_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "chat_message_workspace_id_chatflowid_session_id_cr_bb824_index" on "chat_message" ("workspace_id", "chatflowid", "session_id", "created_date");`);

    this.addSql(`create table "credential" ("id" uuid not null, "workspace_id" uuid not null, "name" text not null, "credential_name" text not null, "encrypted_data" text not null, "created_date" timestamptz(3) not null, "updated_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "credential_workspace_id_updated_date_id_index" on "credential" ("workspace_id", "updated_date", "id");`);

    this.addSql(`create table "membership" ("id" uuid not null, "workspace_id" uuid not null, "user_id" uuid not null, "role" text not null, "permissions" text[] null, "created_date" timestamptz(3) not null, "updated_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "membership_user_id_index" on "membership" ("user_id");`);
    this.addSql(`alter table "membership" add constraint "membership_workspace_id_user_id_unique" unique ("workspace_id", "user_id");`);

    this.addSql(`create table "organization" ("id" uuid not null, "name" text not null, "created_date" timestamptz(3) not null, "updated_date" timestamptz(3) not null, primary key ("id"));`);

    this.addSql(`create table "refresh_token" ("digest" text not null, "session_id" uuid not null, "user_id" uuid not null, "created_date" timestamptz(3) not null, "used_date" timestamptz(3) null, primary key ("digest"));`);
    this.addSql(`create index "refresh_token_session_id_index" on "refresh_token" ("session_id");`);

    this.addSql(`create table "session" ("id" uuid not null, "user_id" uuid not null, "workspace_id" uuid not null, "address" text null, "user_agent" text null, "created_date" timestamptz(3) not null, "last_used_date" timestamptz(3) not null, "expires_date" timestamptz(3) not null, "ended_date" timestamptz(3) null, primary key ("id"));`);
    this.addSql(`create index "session_user_id_index" on "session" ("user_id");`);

    this.addSql(`create table "tool" ("id" uuid not null, "workspace_id" uuid not null, "name" text not null, "description" text not null, "color" text not null, "icon_src" text null, "schema" text null, "func" text null, "created_date" timestamptz(3) not null, "updated_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "tool_workspace_id_updated_date_id_index" on "tool" ("workspace_id", "updated_date", "id");`);

    this.addSql(`create table "app_user" ("id" uuid not null, "organization_id" uuid not null, "email" text not null, "name" text null, "password_hash" text null, "disabled" boolean not null default false, "created_date" timestamptz(3) not null, "updated_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "app_user_organization_id_index" on "app_user" ("organization_id");`);
    this.addSql(`alter table "app_user" add constraint "app_user_email_unique" unique ("email");`);

    this.addSql(`create table "workspace" ("id" uuid not null, "organization_id" uuid not null, "name" text not null, "created_date" timestamptz(3) not null, "updated_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "workspace_organization_id_index" on "workspace" ("organization_id");`);

    this.addSql(`alter table "api_key" enable row level security;`);
    this.addSql(`alter table "api_key" force row level security;`);
    this.addSql(`create policy "tenancy" on "api_key" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);
    this.addSql(`alter table "chatflow" enable row level security;`);
    this.addSql(`alter table "chatflow" force row level security;`);
    this.addSql(`create policy "tenancy" on "chatflow" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);
    this.addSql(`alter table "chat_message" enable row level security;`);
    this.addSql(`alter table "chat_message" force row level security;`);
    this.addSql(`create policy "tenancy" on "chat_message" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);
    this.addSql(`alter table "credential" enable row level security;`);
    this.addSql(`alter table "credential" force row level security;`);
    this.addSql(`create policy "tenancy" on "credential" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);
    this.addSql(`alter table "membership" enable row level security;`);
    this.addSql(`alter table "membership" force row level security;`);
    this.addSql(`create policy "tenancy" on "membership" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid or user_id = nullif(current_setting('app.user', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);
    this.addSql(`alter table "organization" enable row level security;`);
    this.addSql(`alter table "organization" force row level security;`);
    this.addSql(`create policy "tenancy" on "organization" using (id = nullif(current_setting('app.organization', true), '')::uuid) with check (id = nullif(current_setting('app.organization', true), '')::uuid);`);
    this.addSql(`alter table "refresh_token" enable row level security;`);
    this.addSql(`alter table "refresh_token" force row level security;`);
    this.addSql(`create policy "tenancy" on "refresh_token" using (user_id = nullif(current_setting('app.user', true), '')::uuid) with check (user_id = nullif(current_setting('app.user', true), '')::uuid);`);
    this.addSql(`alter table "session" enable row level security;`);
    this.addSql(`alter table "session" force row level security;`);
    this.addSql(`create policy "tenancy" on "session" using (user_id = nullif(current_setting('app.user', true), '')::uuid) with check (user_id = nullif(current_setting('app.user', true), '')::uuid);`);
    this.addSql(`alter table "tool" enable row level security;`);
    this.addSql(`alter table "tool" force row level security;`);
    this.addSql(`create policy "tenancy" on "tool" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);
    this.addSql(`alter table "app_user" enable row level security;`);
    this.addSql(`alter table "app_user" force row level security;`);
    this.addSql(`create policy "tenancy" on "app_user" using (organization_id = nullif(current_setting('app.organization', true), '')::uuid) with check (organization_id = nullif(current_setting('app.organization', true), '')::uuid);`);
    this.addSql(`alter table "workspace" enable row level security;`);
    this.addSql(`alter table "workspace" force row level security;`);
    this.addSql(`create policy "tenancy" on "workspace" using (organization_id = nullif(current_setting('app.organization', true), '')::uuid) with check (organization_id = nullif(current_setting('app.organization', true), '')::uuid);`);
  }

}

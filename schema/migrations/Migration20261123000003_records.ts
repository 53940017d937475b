import { Migration } from '@mikro-orm/migrations';

export class Migration20261123000003_records extends Migration {

  override name = 'Migration20261123000003_records';

  override up(): void | Promise<void> {
    this.addSql(`create table "api_key_usage" ("key_id" text not null, "day" date not null, "outcome" text not null, "workspace_id" uuid not null, "count" bigint not null, primary key ("key_id", "day", "outcome"));`);

    this.addSql(`create table "audit_entry" ("id" uuid not null, "workspace_id" uuid null, "date" timestamptz(3) not null, "actor_kind" text not null, "actor_id" text null, "action" text not null, "target_id" text null, "outcome" text not null, "address" text not null, "request_id" text not null, "count" int not null default 1, primary key ("id"));`);
    this.addSql(`create index "audit_entry_workspace_id_date_id_index" on "audit_entry" ("workspace_id", "date", "id");`);
    this.addSql(`create index "audit_entry_date_index" on "audit_entry" ("date");`);

    this.addSql(`create table "invite" ("digest" text not null, "user_id" uuid not null, "created_date" timestamptz(3) not null, "expires_date" timestamptz(3) not null, "used_date" timestamptz(3) null, primary key ("digest"));`);
    this.addSql(`create index "invite_user_id_index" on "invite" ("user_id");`);

    this.addSql(`create table "variable" ("id" uuid not null, "workspace_id" uuid not null, "name" text not null, "value" text null, "type" text not null, "created_date" timestamptz(3) not null, "updated_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "variable_workspace_id_updated_date_id_index" on "variable" ("workspace_id", "updated_date", "id");`);
    this.addSql(`alter table "variable" add constraint "variable_workspace_id_name_unique" unique ("workspace_id", "name");`);

    this.addSql(`alter table "api_key_usage" enable row level security;`);
    this.addSql(`alter table "api_key_usage" force row level security;`);
    this.addSql(`create policy "tenancy" on "api_key_usage" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);

    this.addSql(`alter table "audit_entry" enable row level security;`);
    this.addSql(`alter table "audit_entry" force row level security;`);
    this.addSql(`create policy "tenancy" on "audit_entry" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);

    this.addSql(`alter table "invite" enable row level security;`);
    this.addSql(`alter table "invite" force row level security;`);
    this.addSql(`create policy "tenancy" on "invite" using (user_id in (select id from app_user)) with check (user_id in (select id from app_user));`);

    this.addSql(`alter table "variable" enable row level security;`);
    this.addSql(`alter table "variable" force row level security;`);
    this.addSql(`create policy "tenancy" on "variable" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "api_key_usage" cascade;`);
    this.addSql(`drop table if exists "audit_entry" cascade;`);
    this.addSql(`drop table if exists "invite" cascade;`);
    this.addSql(`drop table if exists "variable" cascade;`);
  }

}

import { Migration } from '@mikro-orm/migrations';

export class Migration20261123000005_runs extends Migration {

  override name = 'Migration20261123000005_runs';

  override up(): void | Promise<void> {
    this.addSql(`create table "execution" ("id" uuid not null, "workspace_id" uuid not null, "chatflowid" uuid not null, "chat_id" text not null, "session_id" text not null, "owner" text not null, "status" text not null, "executed_data" jsonb not null, "state" jsonb null, "usage" jsonb null, "error" text null, "created_date" timestamptz(3) not null, "ended_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "execution_workspace_id_created_date_id_index" on "execution" ("workspace_id", "created_date", "id");`);
    this.addSql(`create index "execution_workspace_id_chatflowid_session_id_created_date_index" on "execution" ("workspace_id", "chatflowid", "session_id", "created_date");`);

    this.addSql(`create table "chat_message_feedback" ("id" uuid not null, "workspace_id" uuid not null, "chatflowid" uuid not null, "chat_id" text not null, "message_id" uuid not null, "owner" text not null, "rating" text not null, "content" text null, "created_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`alter table "chat_message_feedback" add constraint "chat_message_feedback_workspace_id_message_id_unique" unique ("workspace_id", "message_id");`);

    this.addSql(`create table "lead" ("id" uuid not null, "workspace_id" uuid not null, "chatflowid" uuid not null, "chat_id" text not null, "name" text null, "email" text null, "phone" text null, "created_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`create index "lead_chatflowid_index" on "lead" ("chatflowid");`);

    this.addSql(`alter table "chat_message" add "artifacts" jsonb null, add "action" jsonb null, add "file_uploads" jsonb null, add "lead_email" text null, add "execution_id" uuid null;`);

    this.addSql(`alter table "execution" enable row level security;`);
    this.addSql(`alter table "execution" force row level security;`);
    this.addSql(`create policy "tenancy" on "execution" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);

    this.addSql(`alter table "chat_message_feedback" enable row level security;`);
    this.addSql(`alter table "chat_message_feedback" force row level security;`);
    this.addSql(`create policy "tenancy" on "chat_message_feedback" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);

    this.addSql(`alter table "lead" enable row level security;`);
    this.addSql(`alter table "lead" force row level security;`);
    this.addSql(`create policy "tenancy" on "lead" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "execution" cascade;`);
    this.addSql(`drop table if exists "chat_message_feedback" cascade;`);
    this.addSql(`drop table if exists "lead" cascade;`);

    this.addSql(`alter table "chat_message" drop column "artifacts", drop column "action", drop column "file_uploads", drop column "lead_email", drop column "execution_id";`);
  }

}

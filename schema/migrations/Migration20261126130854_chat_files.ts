import { Migration } from '@mikro-orm/migrations';

export class Migration20261126130854_chat_files extends Migration {

  override name = 'Migration20261126130854_chat_files';

  override up(): void | Promise<void> {
    this.addSql(`create table "chat_file" ("id" uuid not null, "workspace_id" uuid not null, "chatflowid" uuid not null, "chat_id" text not null, "owner" text not null, "name" text not null, "mime" text not null, "size" int not null, "content" bytea not null, "text" text null, "created_date" timestamptz(3) not null, primary key ("id"));`);
    this.addSql(`alter table "chat_file" add constraint "chat_file_workspace_id_chatflowid_owner_chat_id_name_unique" unique ("workspace_id", "chatflowid", "owner", "chat_id", "name");`);

    this.addSql(`alter table "chat_file" enable row level security;`);
    this.addSql(`alter table "chat_file" force row level security;`);
    this.addSql(`create policy "tenancy" on "chat_file" using (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid) with check (workspace_id = nullif(current_setting('app.workspace', true), '')::uuid);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "chat_file" cascade;`);
  }

}

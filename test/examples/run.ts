import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a program as somebody at a prompt would; answers what it printed, throws when it failed. */
export async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { cwd: root, env: { ...process.env, ...env }, timeout: 60_000 }
  const { stdout } = await promisify(execFile)(command, args, options)
  return stdout
}

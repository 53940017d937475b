import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Lab } from './lab.ts'
import { atMost, line, ms } from './report.ts'
import type { RunningServer } from './servers.ts'

/** How long a server takes to answer, and what it holds then. */
export async function benchBoot(lab: Lab): Promise<void> {
  const embedded = { DATA_DIR: join(lab.folder, 'embedded') }
  const [first, again] = await twice(lab, embedded)
  line('Embedded: first start, ready after', boot(first))
  line('Embedded: reopened, ready after', boot(again), atMost(again.bootMs, 1500, 'ms'))
  line('Embedded: memory before load', `${Math.round(again.rssMb)} MB`)
  const postgres = { DATA_DIR: join(lab.folder, 'postgres'), DATABASE_URL: lab.databaseUrl }
  const [, server] = await twice(lab, postgres)
  line('PostgreSQL: ready after', boot(server), atMost(server.bootMs, 1200, 'ms'))
  const memory = `${Math.round(server.rssMb)} MB`
  line('PostgreSQL: memory before load', memory, atMost(server.rssMb, 220, 'MB'))
}

type Booted = Pick<RunningServer, 'bootMs' | 'bootCpuMs'> & { readonly rssMb: number }

/** A first start makes the database; what it holds is read once it has come to rest. */
async function twice(lab: Lab, env: Readonly<Record<string, string>>): Promise<[Booted, Booted]> {
  const once = async (): Promise<Booted> => {
    const { bootMs, bootCpuMs, read, stop } = await lab.flowgate(env)
    await wait(2000)
    const { rssMb } = await read()
    await stop()
    return { bootMs, bootCpuMs, rssMb }
  }
  return [await once(), await once()]
}

function boot({ bootMs, bootCpuMs }: Booted): string {
  return `${ms(bootMs)} (${ms(bootCpuMs)} of CPU)`
}

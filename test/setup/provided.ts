import 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Which database this run of the suite is on. */
    database: 'embedded' | 'postgres'
    /** A data folder to copy; embedded only. */
    template: string
    /** A login that may make databases and roles, at the database `postgres`; PostgreSQL only. */
    adminUrl: string
    /** What the names of all databases of this run begin with; PostgreSQL only. */
    prefix: string
  }
}

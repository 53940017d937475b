import { randomBytes } from 'node:crypto'
import { User } from '../accounts/entity.ts'
import { base62, normalizeEmail } from '../core/text.ts'
import { accessTopic } from '../platform/access-cache.ts'
import { createPasswords } from '../platform/workers/passwords.ts'
import { CommandError, runCommand } from './command.ts'

/**
 * `npm run owner-reset -- someone@example.com`: gives a person a new password, which is printed once,
 * and lets them in again. Their sessions end. For operators: it asks for nothing but the database.
 */
await runCommand(async ({ database, bus, say }) => {
  const email = normalizeEmail(process.argv[2] ?? '')
  if (!email) throw new CommandError('Name the person: npm run owner-reset -- someone@example.com')
  const passwords = createPasswords()
  try {
    const password = base62(randomBytes(15), 21)
    const passwordHash = await passwords.hash(password)
    const em = database.jobsEm()
    const userId = await em.transactional(async (em) => {
      const user = await em.findOne(User, { email }, { fields: ['id'] })
      if (!user) throw new CommandError(`Nobody here signs in as ${email}.`)
      await em.execute('update app_user set password_hash = ?, disabled = false where id = ?', [
        passwordHash,
        user.id,
      ])
      await em.execute(
        'update session set ended_date = now() where user_id = ? and ended_date is null',
        [user.id],
      )
      await em.execute('delete from invite where user_id = ?', [user.id])
      return user.id
    })
    await bus.publish(accessTopic, `user:${userId}`)
    say(`${email} now signs in with the password ${password} (shown only now).`)
  } finally {
    await passwords.close()
  }
})

/** Whom every test database begins with. */
export const owner = { email: 'owner@example.com', password: 'correct horse battery' } as const

/** Enough for tests: the real cost is tested where passwords are. */
export const passwordCost = 4

import { openAt } from './open.ts'

// Another process at the same database: `child.ts <address>` brings its schema up to date and leaves.

await using _stores = await openAt({ url: process.argv[2] ?? '' })

import { afterAll, afterEach, expect } from 'vitest'
import { openaiSchemaAvailable } from './openai-schema.ts'
import { takeFaults, watchReplies } from './watch-replies.ts'

/**
 * Runs before every test file (vitest.config.ts): a test during which a gateway of ours answered what OpenAI's
 * description and docs/http-api.md do not allow fails by that, whatever else it is about. Gateways in processes of their
 * own (support/process.ts) are out of reach, and so are refusals of what is not HTTP, which are written to the bare
 * socket; where the description is absent nothing is checked, as test/every-reply.test.ts says aloud.
 */
const complain = (): void => expect(takeFaults(), 'replies that are not valid').toEqual([])

if (openaiSchemaAvailable) {
  const watch = watchReplies()
  afterEach(complain)
  afterAll(() => {
    watch[Symbol.dispose]()
    complain()
  })
}

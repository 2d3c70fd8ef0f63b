import { scriptOf } from './scripts.ts'

// A key is a stream. Each message says which one went before it, so that whoever reads on sees whether he has missed any, and
// how many bytes the stream has ever taken up to it, so that it can be bounded by bytes, however large its messages are.

/** Of the fields of a message, in their order: names are at even places, values at odd ones. */
export const fieldAt = { before: 1, bytes: 3, from: 5, text: 7 } as const

/**
 * Appends messages, and takes away the oldest beyond the bound; the last one always stays.
 * `maxBytes`, `lifeMs`, `from`, messages … → id of the last
 */
export const appendScript = scriptOf(`
local function takenBy(message) return tonumber(message[2][4] or 0) or 0 end
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local id, taken = '0-0', 0
if last then id, taken = last[1], takenBy(last) end
for index = 4, #ARGV do
  taken = taken + #ARGV[index] + 100
  id = redis.call('XADD', KEYS[1], '*', 'before', id, 'bytes', string.format('%.0f', taken), 'from', ARGV[3], 'text', ARGV[index])
end
while true do
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 2)
  if oldest[1][1] == id or takenBy(oldest[1]) > taken - tonumber(ARGV[1]) then break end
  redis.call('XTRIM', KEYS[1], 'MINID', oldest[2][1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return id
`)

/** → id of the last message; `0-0` where there is none */
export const lastIdScript = scriptOf(`
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
return last and last[1] or '0-0'
`)

import { createHash } from 'node:crypto'
import type { Script } from './client.ts'

// A key is a sorted set of hits by their time; its members are `<instance>:<number>`. Who reads the time is the caller, so that all
// stores mean the same by it. A key lives for a window and a
// minute after its last hit, as the callers' clocks are not Redis'.

export const scriptOf = (lua: string): Script => ({ lua, sha1: createHash('sha1').update(lua).digest('hex') })

/**
 * Counts one hit unless `max` are there. Hits further ahead than a window are of a clock that was set back.
 * `nowMs`, `windowMs`, `max`, `member` → [1, remaining, resetMs] or [0, retryAfterMs, 0]
 */
export const hitScript = scriptOf(`
local now, window, max = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. (now + window), '+inf')
local count = redis.call('ZCARD', KEYS[1])
local function leavesIn(index)
  local hit = redis.call('ZRANGE', KEYS[1], index, index, 'WITHSCORES')
  return (hit[2] and tonumber(hit[2]) or now) + window - now
end
if count >= max then return { 0, leavesIn(count - max), 0 } end
redis.call('ZADD', KEYS[1], now, ARGV[4])
redis.call('PEXPIRE', KEYS[1], window + 60000)
return { 1, max - count - 1, leavesIn(0) }
`)

/** Takes back one hit of that moment, if there is one of this instance. `atMs`, `instance` → how many were taken */
export const unhitScript = scriptOf(`
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], ARGV[1])) do
  if string.sub(member, 1, #ARGV[2]) == ARGV[2] then return redis.call('ZREM', KEYS[1], member) end
end
return 0
`)

/**
 * Puts what this instance knows of its own hits in the place of what is there of them; others' stay. Done twice it is the same.
 * `instance`, `windowMs`, how many went before, times of its hits …
 */
export const restoreScript = scriptOf(`
local from = tonumber(ARGV[3])
if from == 0 then
  for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if string.sub(member, 1, #ARGV[1]) == ARGV[1] then redis.call('ZREM', KEYS[1], member) end
  end
end
for index = 4, #ARGV do
  redis.call('ZADD', KEYS[1], ARGV[index], ARGV[1] .. 'r' .. (from + index))
end
if #ARGV > 3 then redis.call('PEXPIRE', KEYS[1], ARGV[2] + 60000) end
return 0
`)

import { createHash } from 'node:crypto'
import type { Script } from './client.ts'

// A key is a sorted set of what was counted, by its time; its members are `<instance>:<time>:<weight>`, one for each
// instance and moment. What they weigh together stands beside them, as the member `=` whose score is below every time:
// -1 - weight. So one key is enough, which is all that a script may touch in a cluster, and a hit costs no more however
// many are counted. Who reads the time is the caller, so that all stores mean the same by it. A key lives for a window
// and a minute after its last hit, as the callers' clocks are not Redis'.

export const scriptOf = (lua: string): Script => ({ lua, sha1: createHash('sha1').update(lua).digest('hex') })

/** What each of the scripts begins with. Lua writes large numbers short unless it is told how. */
const shared = `
local key = KEYS[1]
local function text(number) return string.format('%.0f', number) end
local function weightOf(member) return tonumber(string.match(member, '[^:]+$')) end
local function isOf(instance, member) return string.sub(member, 1, #instance) == instance end
local function readSum()
  local score = redis.call('ZSCORE', key, '=')
  return score and -1 - tonumber(score) or 0
end
local function writeSum(sum)
  if redis.call('ZCARD', key) == 0 or (sum == 0 and redis.call('ZCARD', key) == 1 and redis.call('ZSCORE', key, '=')) then
    redis.call('DEL', key)
  else
    redis.call('ZADD', key, text(-1 - sum), '=')
  end
end
local function take(instance, at)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, at, at)) do
    if isOf(instance, member) then
      redis.call('ZREM', key, member)
      return weightOf(member)
    end
  end
  return 0
end
local function put(instance, at, weight)
  if weight > 0 then redis.call('ZADD', key, at, instance .. at .. ':' .. text(weight)) end
end
`

/**
 * Counts one hit unless the window would then weigh more than `max`. Hits further ahead than a window are of a clock that
 * was set back.
 * `nowMs`, `atMs`, `windowMs`, `max`, `weight`, `instance` → [1 or 0, remaining, resetMs, retryAfterMs]
 */
export const hitScript = scriptOf(`${shared}
local now, at, window, max, weight, instance = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local sum = readSum()
local before = sum
local function drop(from, to)
  local gone = redis.call('ZRANGEBYSCORE', key, from, to)
  for _, member in ipairs(gone) do sum = sum - weightOf(member) end
  if #gone > 0 then redis.call('ZREMRANGEBYSCORE', key, from, to) end
end
drop('0', text(now - window))
drop('(' .. text(now + window), '+inf')

local lacking = weight == 0 and 0 or sum + weight - max
if lacking <= 0 and weight > 0 then
  put(instance, at, take(instance, at) + weight)
  sum = sum + weight
end
if sum ~= before then writeSum(sum) end
if lacking <= 0 and weight > 0 then redis.call('PEXPIRE', key, window + 60000) end

local function leavesIn(time) return text(tonumber(time) + window - now) end
local oldest = redis.call('ZRANGEBYSCORE', key, '0', '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local remaining = text(math.max(0, max - sum))
local reset = oldest[2] and leavesIn(oldest[2]) or '0'
if lacking <= 0 then return { 1, remaining, reset, 0 } end

local left, from, step = 0, 0, 100
while true do
  local some = redis.call('ZRANGEBYSCORE', key, '0', '+inf', 'WITHSCORES', 'LIMIT', from, step)
  if #some == 0 then return { 0, remaining, reset, text(window) } end
  for index = 1, #some, 2 do
    left = left + weightOf(some[index])
    if left >= lacking then return { 0, remaining, reset, leavesIn(some[index + 1]) } end
  end
  from = from + step
end
`)

/** Changes what this instance has counted at that moment. `atMs`, `instance`, `change` → 1 where there was something */
export const settleScript = scriptOf(`${shared}
local at, instance, change = ARGV[1], ARGV[2], tonumber(ARGV[3])
local had = take(instance, at)
if had == 0 then return 0 end
local has = math.max(0, had + change)
put(instance, at, has)
writeSum(readSum() + has - had)
return 1
`)

/**
 * Puts what this instance knows of its own hits in the place of what is there of them; others' stay. Done twice it is the same.
 * `instance`, `windowMs`, how many went before, time and weight of its hits …
 */
export const restoreScript = scriptOf(`${shared}
local instance, sum = ARGV[1], readSum()
if tonumber(ARGV[3]) == 0 then
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, '0', '+inf')) do
    if isOf(instance, member) then
      sum = sum - weightOf(member)
      redis.call('ZREM', key, member)
    end
  end
end
for index = 4, #ARGV, 2 do
  put(instance, ARGV[index], tonumber(ARGV[index + 1]))
  sum = sum + tonumber(ARGV[index + 1])
end
writeSum(sum)
if #ARGV > 3 then redis.call('PEXPIRE', key, ARGV[2] + 60000) end
return 0
`)

/** Leaves something alone until then, unless it is for longer already. `untilMs`, for how long from now → 1 where it was put down */
export const restScript = scriptOf(`
if tonumber(redis.call('GET', KEYS[1]) or 0) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`)

/** → until when it is left alone; '0' where nobody said */
export const restedScript = scriptOf(`return redis.call('GET', KEYS[1]) or '0'`)

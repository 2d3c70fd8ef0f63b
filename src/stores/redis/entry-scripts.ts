import { scriptOf } from './scripts.ts'

// Entries lie in shards. `KEYS[1]` of a shard's scripts is what the names of all its keys begin with, hash tag included:
//   e:<name>  hash: an entry, sealed    cards  sorted set: `<name> <bytes> <made> <id> <scope> ,<tag>,…,` by when it ends
//   l:<name>  hash: its lease           bytes  what the entries take together
// Time is Redis' own. Every key has an end.

const ofShard = `
local shard = KEYS[1]
local cards, bytes = shard .. 'cards', shard .. 'bytes'
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function partsOf(card)
  local name, size = string.match(card, '^(%S+) (%d+)')
  return name, tonumber(size)
end
local function forget(card)
  if redis.call('ZREM', cards, card) == 0 then return 0 end
  local name, size = partsOf(card)
  redis.call('DECRBY', bytes, size)
  if redis.call('HGET', shard .. 'e:' .. name, 'card') == card then redis.call('DEL', shard .. 'e:' .. name) end
  return 1
end
`

/**
 * Keeps an entry within the shard's bytes; what ends soonest leaves for it. Under a lease that is not the newest nothing is kept.
 * name, fence or '', lifeMs, card, maxBytes, fields and values … → 1 kept, 0 too large, -1 overtaken
 */
export const putScript = scriptOf(`${ofShard}
local name, fence, life, card, max = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
if fence ~= '' and redis.call('HGET', shard .. 'l:' .. name, 'fence') ~= fence then return -1 end
if not redis.call('GET', bytes) then
  local sum = 0
  for _, other in ipairs(redis.call('ZRANGE', cards, 0, -1)) do
    local _, size = partsOf(other)
    sum = sum + size
  end
  redis.call('SET', bytes, sum)
end
local entry = shard .. 'e:' .. name
local before = redis.call('HGET', entry, 'card')
if before then forget(before) end
for _, ended in ipairs(redis.call('ZRANGEBYSCORE', cards, '-inf', now, 'LIMIT', 0, 100)) do forget(ended) end
local _, size = partsOf(card)
local kept = 0
if size <= max then
  while tonumber(redis.call('GET', bytes)) + size > max do
    local soonest = redis.call('ZRANGE', cards, 0, 0)[1]
    if not soonest then redis.call('SET', bytes, 0) else forget(soonest) end
  end
  redis.call('DEL', entry)
  redis.call('HSET', entry, 'card', card, unpack(ARGV, 6))
  redis.call('PEXPIRE', entry, life)
  redis.call('ZADD', cards, now + life, card)
  redis.call('INCRBY', bytes, size)
  kept = 1
end
local last = redis.call('ZRANGE', cards, -1, -1, 'WITHSCORES')[2]
if last then
  redis.call('PEXPIREAT', cards, string.format('%.0f', tonumber(last)))
  redis.call('PEXPIREAT', bytes, string.format('%.0f', tonumber(last)))
else
  redis.call('DEL', bytes)
end
return kept
`)

/** name, fields … → their values; nothing where there is no entry */
export const readScript = scriptOf(`
local values = redis.call('HMGET', KEYS[1] .. 'e:' .. ARGV[1], unpack(ARGV, 2))
return values[1] and values or false
`)

/** cursor, scope or '', tag or '', what it was made before or '' → the next cursor, and of the cards that were looked through those that are meant */
export const matchScript = scriptOf(`
local page = redis.call('ZSCAN', KEYS[1] .. 'cards', ARGV[1], 'COUNT', 1000)
local meant = { page[1] }
for index = 1, #page[2], 2 do
  local card = page[2][index]
  local ofScope = ARGV[2] == '' or string.find(card, ' ' .. ARGV[2] .. ' ', 1, true)
  local ofTag = ARGV[3] == '' or string.find(card, ',' .. ARGV[3] .. ',', 1, true)
  local isOld = ARGV[4] == '' or tonumber(string.match(card, '^%S+ %S+ (%S+)')) < tonumber(ARGV[4])
  if ofScope and ofTag and isOld then meant[#meant + 1] = card end
end
return meant
`)

/** cards … → how many of them were there */
export const dropScript = scriptOf(`${ofShard}
local dropped = 0
for _, card in ipairs(ARGV) do dropped = dropped + forget(card) end
return dropped
`)

/** Where an entry is that is looked for by something else than its key. name of the entry, lifeMs */
export const pointScript = scriptOf(`return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])`)
export const followScript = scriptOf(`return redis.call('GET', KEYS[1])`)

// A lease: `fence` of its last holder, `untilMs`, and `over` where he gave it back without an answer. It stays a while after
// its end, so that a late one's answer is known for late. Fences are microseconds of Redis' clock: they grow even where it
// forgot the last one.

const ofLease = `
local lease = KEYS[1] .. 'l:' .. ARGV[1]
local time = redis.call('TIME')
local micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now = math.floor(micros / 1000)
local known = redis.call('HMGET', lease, 'fence', 'untilMs', 'over')
local function write(fence, lives, over)
  redis.call('HSET', lease, 'fence', fence, 'untilMs', string.format('%.0f', now + lives), 'over', over)
  redis.call('PEXPIRE', lease, lives + 3600000)
end
`

/** name, ttlMs → [1, fence]; [0, how long it is another's]; [-1] where its last answer was not kept */
export const acquireScript = scriptOf(`${ofLease}
local left = (tonumber(known[2]) or 0) - now
if left > 0 then return known[3] == '1' and { -1 } or { 0, left } end
local fence = string.format('%.0f', math.max(micros, (tonumber(known[1]) or 0) + 1))
write(fence, tonumber(ARGV[2]), '0')
return { 1, fence }
`)

/** name, ttlMs, fence → 1 while it is the newest and was not given back */
export const renewScript = scriptOf(`${ofLease}
if known[1] ~= ARGV[3] or known[3] == '1' then return 0 end
write(ARGV[3], tonumber(ARGV[2]), '0')
return 1
`)

/** name, how long others go alone (0: the next one may have it), fence */
export const releaseScript = scriptOf(`${ofLease}
if known[1] ~= ARGV[3] then return 0 end
write(ARGV[3], tonumber(ARGV[2]), ARGV[2] == '0' and '0' or '1')
return 1
`)

// What holds for all entries. `KEYS[1]` is a hash: `birth`, a name that another one takes where Redis lost everything; `seq`, of
// the last removal; `floor`, of the last removal that is not in the log any more; and an epoch for each scope that has one.
// `<KEYS[1]>:log` is a sorted set: `<time> <removal, sealed>` by its seq.

const ofState = `
local state, log = KEYS[1], KEYS[1] .. ':log'
local life = tonumber(ARGV[2])
local birth = redis.call('HGET', state, 'birth')
if not birth then
  birth = ARGV[1]
  redis.call('DEL', log)
  redis.call('HSET', state, 'birth', birth)
end
if redis.call('PTTL', state) < life then
  redis.call('PEXPIRE', state, 2 * life)
  redis.call('PEXPIRE', log, 2 * life)
end
`

/**
 * What has happened since. Epochs that Redis has lower than they are known to be are raised.
 * birth if there is none, lifeMs, birth and seq that are known, how many removals at most, (scope, its epoch) …
 * → birth, seq, floor, [epochs], [seq of a removal, it, …]
 */
export const stateScript = scriptOf(`${ofState}
local epochs = {}
for index = 6, #ARGV, 2 do
  local here, known = redis.call('HGET', state, ARGV[index]), tonumber(ARGV[index + 1])
  local epoch = math.max(tonumber(here) or 0, known)
  if epoch > (tonumber(here) or 0) then redis.call('HSET', state, ARGV[index], epoch) end
  epochs[#epochs + 1] = epoch
end
local from = ARGV[3] == birth and ARGV[4] or '0'
local said = redis.call('HMGET', state, 'seq', 'floor')
local seq, removals = tonumber(said[1]) or 0, {}
if seq > tonumber(from) then
  removals = redis.call('ZRANGEBYSCORE', log, '(' .. from, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[5])
end
return { birth, seq, tonumber(said[2]) or 0, epochs, removals }
`)

/** Writes a removal down. birth if there is none, lifeMs, the removal, how many are kept → birth, its seq */
export const appendScript = scriptOf(`${ofState}
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local seq = redis.call('HINCRBY', state, 'seq', 1)
redis.call('ZADD', log, seq, string.format('%.0f ', now) .. ARGV[3])
redis.call('PEXPIRE', log, 2 * life)
for _, old in ipairs(redis.call('ZRANGE', log, 0, 9)) do
  if tonumber(string.match(old, '^%d+')) >= now - life then break end
  redis.call('ZREM', log, old)
end
while redis.call('ZCARD', log) > tonumber(ARGV[4]) do
  redis.call('HSET', state, 'floor', redis.call('ZPOPMIN', log)[2])
end
return { birth, seq }
`)

/** birth if there is none, lifeMs, scope, its epoch as it is known, the least that it is to be → the epoch */
export const advanceScript = scriptOf(`${ofState}
local known = math.max(tonumber(redis.call('HGET', state, ARGV[3])) or 0, tonumber(ARGV[4]))
local epoch = ARGV[5] == '' and known + 1 or math.max(known, tonumber(ARGV[5]))
redis.call('HSET', state, ARGV[3], epoch)
return epoch
`)

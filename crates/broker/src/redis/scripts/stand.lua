-- Where a room stands; makes it where it is not there. Where the log lost what the caller has seen, a new epoch begins,
-- and offsets go on after the highest that was seen.
-- ARGV: an epoch to begin with, the highest offset that the caller has seen, its version, its key or ''.
local room, seen = KEYS[1], tonumber(ARGV[2])
local now = redis.call('HMGET', room, 'e', 'h', 'v', 'b', 'f', ARGV[2])
local function begin(head, version, kept)
  redis.call('HSET', room, 'e', ARGV[1], 'h', head, 'v', version, 'b', head, 'f', kept)
  redis.call('SPUBLISH', room, 'E' .. ARGV[1] .. head .. ':' .. version .. ':' .. kept)
  return { ARGV[1], head, version, head, kept, 'L' }
end
if not now[1] then
  if seen == 0 then
    redis.call('HSET', room, 'e', ARGV[1], 'h', '0', 'v', '0', 'b', '0', 'f', '1')
    return { ARGV[1], '0', '0', '0', '1', '' }
  end
  return begin(ARGV[2], ARGV[3], string.format('%.0f', seen + 1))
end
if tonumber(now[2]) < seen then
  -- What is left has a hole after it, and nobody would ever trim it.
  redis.call('DEL', room)
  return begin(ARGV[2], ARGV[3], string.format('%.0f', seen + 1))
end
if ARGV[4] ~= '' and now[6] and string.sub(now[6], 1, 16) ~= ARGV[4] then
  return begin(now[2], now[3], now[5])
end
return { now[1], now[2], now[3], now[4], now[5], '' }

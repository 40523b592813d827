-- Puts the end of a log back that the server lost and the caller has seen, as after a failover to a replica that was behind.
-- ARGV: epoch and head that the log was found at, the key that the caller knows there or '', '1' where everything put back is
-- what was there, an epoch to begin otherwise; then offset, version, fingerprint and record of each.
local room = KEYS[1]
local now = redis.call('HMGET', room, 'e', 'h', 'f', ARGV[2])
if now[1] ~= ARGV[1] or now[2] ~= ARGV[2] then
  return ''
end
local same = ARGV[4] == '1' and (ARGV[3] == '' or not now[4] or string.sub(now[4], 1, 16) == ARGV[3])
local offset, version
for at = 6, #ARGV, 4 do
  offset, version = ARGV[at], ARGV[at + 1]
  local fingerprint, record = ARGV[at + 2], ARGV[at + 3]
  local key = 'k' .. string.sub(record, 1, 16)
  redis.call('HSET', room, 'h', offset, 'v', version, offset, record)
  redis.call('HSETNX', room, key, fingerprint .. offset)
  if same then
    redis.call('SPUBLISH', room, 'P' .. now[1] .. offset .. ':' .. version .. ':' .. fingerprint .. record)
  end
end
if same then
  return 'S'
end
redis.call('HSET', room, 'e', ARGV[5], 'b', offset)
redis.call('SPUBLISH', room, 'E' .. ARGV[5] .. offset .. ':' .. version .. ':' .. now[3])
return 'E'

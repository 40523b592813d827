-- Begins a new epoch in a room that is there. ARGV: the epoch, the highest offset that the caller has seen.
local room = KEYS[1]
local now = redis.call('HMGET', room, 'h', 'v', 'f')
if not now[1] or tonumber(now[1]) < tonumber(ARGV[2]) then
  return 'L'
end
redis.call('HSET', room, 'e', ARGV[1], 'b', now[1])
redis.call('SPUBLISH', room, 'E' .. ARGV[1] .. now[1] .. ':' .. now[2] .. ':' .. now[3])
return 'B'

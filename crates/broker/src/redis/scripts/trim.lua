-- Deletes publications before an offset with their keys, at most so many. ARGV: first offset to be kept, how many at most.
-- Gives what is kept from then on, and what was meant: never beyond the head of this moment.
local room = KEYS[1]
local now = redis.call('HMGET', room, 'h', 'f')
if not now[1] then
  return { '1', '1' }
end
local kept = tonumber(now[2])
local goal = math.min(tonumber(ARGV[1]), tonumber(now[1]) + 1)
local reached = math.min(goal, kept + tonumber(ARGV[2]))
if reached <= kept then
  return { now[2], now[2] }
end
for offset = kept, reached - 1 do
  local field = string.format('%.0f', offset)
  local record = redis.call('HGET', room, field)
  if record then
    local key = 'k' .. string.sub(record, 1, 16)
    local found = redis.call('HGET', room, key)
    if found and string.sub(found, 17) == field then
      redis.call('HDEL', room, field, key)
    else
      redis.call('HDEL', room, field)
    end
  end
end
local from = string.format('%.0f', reached)
redis.call('HSET', room, 'f', from)
redis.call('SPUBLISH', room, 'T' .. from)
return { from, string.format('%.0f', goal) }

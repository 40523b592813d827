-- Puts other records into the places of publications, where they are still kept. ARGV: offset and record of each.
local room, done = KEYS[1], {}
for at = 1, #ARGV, 2 do
  local old = redis.call('HGET', room, ARGV[at])
  if old and string.sub(old, 1, 16) == string.sub(ARGV[at + 1], 1, 16) then
    redis.call('HSET', room, ARGV[at], ARGV[at + 1])
    done[#done + 1] = ARGV[at]
  end
end
if #done > 0 then
  redis.call('SPUBLISH', room, 'X' .. table.concat(done, ','))
end
return #done

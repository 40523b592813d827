-- Deletes a room and tells every node.
local there = redis.call('DEL', KEYS[1])
redis.call('SPUBLISH', KEYS[1], 'D')
return there

-- One publication. A room is one hash, so that everything below is one key, atomic, and replicated as it is written:
--   e epoch, h head, v version, b head when the epoch began, f first offset that is kept,
--   <offset> key and sealed envelope of a publication, k<key> fingerprint and offset of it.
-- ARGV: key, fingerprint, version decided on or '', '1' where the event changes the state or '', sealed envelope,
--       the highest offset that the caller has seen.
local room, key = KEYS[1], ARGV[1]
local now = redis.call('HMGET', room, 'e', 'h', 'v', 'k' .. key)
local head, version, found = now[2], now[3], now[4]
if not now[1] or tonumber(head) < tonumber(ARGV[6]) then
  return 'L'
end
if found then
  if string.sub(found, 1, 16) ~= ARGV[2] then
    return 'R'
  end
  -- A write, so that what waits for replicas waits for all that came before.
  redis.call('HSET', room, 'h', head)
  return 'D' .. string.sub(found, 17)
end
if ARGV[3] ~= '' and ARGV[3] ~= version then
  return 'S' .. version
end
local offset = string.format('%.0f', tonumber(head) + 1)
if ARGV[4] ~= '' then
  version = offset
end
local record = key .. ARGV[5]
redis.call('HSET', room, 'h', offset, 'v', version, offset, record, 'k' .. key, ARGV[2] .. offset)
redis.call('SPUBLISH', room, 'P' .. now[1] .. offset .. ':' .. version .. ':' .. ARGV[2] .. record)
return 'P' .. offset

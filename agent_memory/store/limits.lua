-- Buckets and places that several processes share. All of a request at once, or nothing of it.
--
-- KEYS: the buckets, then the places. ARGV: what to do, how many buckets, the holder, for how many
-- seconds a place stands without a word, then for each bucket its capacity, the seconds in which it
-- fills up, what is taken, what was used of that; then for each place how many there are.
local action, num_draws, holder, lease = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000

local function draw(at)
    local from = 4 + (at - 1) * 4
    return {
        capacity = tonumber(ARGV[from + 1]),
        per_s = tonumber(ARGV[from + 2]),
        taken = tonumber(ARGV[from + 3]),
        used = tonumber(ARGV[from + 4]),
    }
end

local function level(key, d)
    local kept = redis.call('HMGET', key, 'amount', 'at')
    if not kept[1] then
        return d.capacity
    end
    local gained = math.max(0, now - tonumber(kept[2])) * d.capacity / d.per_s
    return math.min(d.capacity, tonumber(kept[1]) + gained)
end

local function keep(key, d, amount)
    redis.call(
        'HSET', key, 'amount', string.format('%.17g', amount), 'at', string.format('%.17g', now)
    )
    local full_in = 1
    if d.capacity > 0 then
        full_in = math.ceil((d.capacity - amount) * d.per_s / d.capacity) + 1
    end
    redis.call('EXPIRE', key, math.max(1, full_in))
end

local function hold(key)
    redis.call('ZADD', key, now + lease, holder)
    redis.call('EXPIRE', key, math.ceil(lease) + 1)
end

local function wait_of(key, d)
    local missing = d.taken - level(key, d)
    if missing <= 0 then
        return 0
    end
    return missing * d.per_s / d.capacity
end

if action == 'keep' then
    for at = num_draws + 1, #KEYS do
        hold(KEYS[at])
    end
    return {}
end

if action == 'give' then
    for at = 1, num_draws do
        local d = draw(at)
        keep(KEYS[at], d, math.min(d.capacity, level(KEYS[at], d) + d.taken - d.used))
    end
    for at = num_draws + 1, #KEYS do
        redis.call('ZREM', KEYS[at], holder)
    end
    return {}
end

local places = 4 + num_draws * 4
for at = num_draws + 1, #KEYS do
    redis.call('ZREMRANGEBYSCORE', KEYS[at], '-inf', now)
    local others = redis.call('ZCARD', KEYS[at])
    if redis.call('ZSCORE', KEYS[at], holder) then
        others = others - 1
    end
    if others >= tonumber(ARGV[places + at - num_draws]) then
        return { 'refused', at, '1' }
    end
end
local worst, longest = 0, 0
for at = 1, num_draws do
    local wait = wait_of(KEYS[at], draw(at))
    if wait > longest then
        worst, longest = at, wait
    end
end
if worst > 0 then
    return { 'refused', worst, string.format('%.17g', longest) }
end
local left = { 'taken' }
for at = 1, num_draws do
    local d = draw(at)
    local amount = level(KEYS[at], d) - d.taken
    keep(KEYS[at], d, amount)
    left[#left + 1] = string.format('%.17g', amount)
end
for at = num_draws + 1, #KEYS do
    hold(KEYS[at])
    local free = tonumber(ARGV[places + at - num_draws]) - redis.call('ZCARD', KEYS[at])
    left[#left + 1] = tostring(free)
end
return left

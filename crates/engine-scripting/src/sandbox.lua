-- Shuts scripts in. Stock Lua has no read-only tables: what scripts see of a protected table is an empty one in
-- front of it, which finds everything by __index and refuses every write by __newindex; the functions that go past
-- metamethods (next, rawget, rawset, setmetatable …) know these fronts.
local modify, missing, explain, reject, options = ...

local next, pairs, rawget, rawset, type = next, pairs, rawget, rawset, type
local setmetatable, getmetatable, error, tostring = setmetatable, getmetatable, error, tostring
local pcall, xpcall, resume, loadstring = pcall, xpcall, coroutine.resume, loadstring
local getfenv, setfenv, concat, byte = getfenv, setfenv, table.concat, string.byte
local unpack, tonumber, select = unpack, tonumber, select
local globals = getfenv(1)

-- Fronts, with the tables behind them and what getmetatable tells of them.
local behind, shown = {}, {}

local function protect(t, meta)
  local front = {}
  meta = meta or {}
  meta.__index = t
  meta.__newindex = modify
  behind[front] = t
  return setmetatable(front, meta)
end

-- Scripts that put something into a front by table.insert and the like do not find it there next time.
local function sweep()
  for front in pairs(behind) do
    for key in next, front do rawset(front, key, nil) end
  end
end

-- What is caught is never one of our own error objects, but the string or table it stands for.
local function plain(e)
  if type(e) == 'userdata' then return explain(e) end
  return e
end

local function caught(ok, ...)
  if ok then return ok, ... end
  local e = plain((...))
  if type(e) == 'table' then
    local text = e.err
    if type(text) == 'string' then e = text end
  end
  return false, e
end

local function resumed(ok, ...)
  if ok then return ok, ... end
  return false, plain((...))
end

function globals.pcall(...) return caught(pcall(...)) end

function globals.xpcall(f, handler)
  return xpcall(f, function(e) return handler(plain(e)) end)
end

function coroutine.resume(...) return resumed(resume(...)) end

function globals.next(t, key)
  if t == nil then return next(t, key) end
  return next(behind[t] or t, key)
end
local front_next = globals.next

function globals.pairs(t)
  if t ~= nil and behind[t] then return front_next, t, nil end
  return pairs(t)
end

function globals.rawget(t, key)
  if t ~= nil and behind[t] then t = behind[t] end
  return rawget(t, key)
end

function globals.rawset(t, key, value)
  if t ~= nil and behind[t] then reject() end
  return rawset(t, key, value)
end

function globals.setmetatable(t, meta)
  if t ~= nil and behind[t] then reject() end
  return setmetatable(t, meta)
end

function globals.getmetatable(value)
  if value ~= nil and behind[value] then return shown[value] end
  return getmetatable(value)
end

-- Compiled code is refused: it can break the machine that runs it.
function globals.loadstring(code, name)
  if type(code) == 'string' and byte(code, 1) == 27 then
    return nil, "[string \"...\"]:1: unexpected symbol near '<\\27>'"
  end
  return loadstring(code, name)
end

function globals.load(reader, name)
  local parts = {}
  while true do
    local part = reader()
    if part == nil or part == '' then break end
    if type(part) ~= 'string' then return nil, 'reader function must return a string' end
    parts[#parts + 1] = part
  end
  return globals.loadstring(concat(parts), name or '=(load)')
end

local function index(position, value, default)
  if value == nil then return default end
  local number = (type(value) == 'number' or type(value) == 'string') and tonumber(value)
  if not number then
    error("bad argument #" .. position .. " to 'unpack' (number expected, got " .. type(value) .. ")", 3)
  end
  return number
end

-- Stock Lua counts what it unpacks in 32 bits, and where that overflows it writes past its stack, which holds 8,000
-- values.
local most_unpacked = 7990

function globals.unpack(...)
  local t, from, to = ...
  if type(t) ~= 'table' then
    local got = select('#', ...) == 0 and 'no value' or type(t)
    error("bad argument #1 to 'unpack' (table expected, got " .. got .. ")", 2)
  end
  from, to = index(2, from, 1), index(3, to, #t)
  if from > to then return end
  -- Not a number is not small either.
  if not (to - from < most_unpacked) then error('too many results to unpack', 2) end
  return unpack(t, from, to)
end

if options.deprecated then
  -- Level 1 is the caller, here one step further away.
  function globals.getfenv(f)
    if f == nil then f = 1 end
    if type(f) == 'number' and f > 0 then f = f + 1 end
    local environment = getfenv(f)
    return environment
  end
  function globals.setfenv(f, environment)
    if type(f) == 'number' and f > 0 then f = f + 1 end
    if f == 0 then error("'setfenv' cannot change environment of given object", 2) end
    local set = setfenv(f, environment)
    return set
  end
else
  globals.getfenv, globals.setfenv, globals.newproxy = nil, nil, nil
end

for _, name in pairs({'dofile', 'loadfile', 'print', 'require', 'module', 'package', 'io', 'debug'}) do
  globals[name] = nil
end
if options.os then os = {clock = os.clock} else globals.os = nil end

function globals.__redis__err__handler(e)
  e = plain(e)
  if type(e) ~= 'table' then e = {err = 'ERR ' .. tostring(e)} end
  return e
end
if options.valkey then globals.__server__err__handler = globals.__redis__err__handler end

-- From here on nothing more is defined.
for _, f in pairs(globals) do
  if type(f) == 'function' then pcall(setfenv, f, {}) end
end
setfenv(coroutine.resume, {})
local strings = getmetatable('')
strings.__metatable = protect({__index = string})
local libraries = {'string', 'table', 'math', 'os', 'coroutine', 'cjson', 'cmsgpack', 'struct', 'bit', 'redis'}
for _, name in pairs(libraries) do
  if globals[name] then globals[name] = protect(globals[name]) end
end
if options.valkey then globals.server = globals.redis end
strings.__index = string

local front = protect(globals)
globals._G = front
setmetatable(globals, {__index = missing})
local meta = {__index = missing}
shown[front] = protect(meta)

-- While a library is loaded it finds only what is offered to libraries.
local function offer(api)
  if api then
    for _, name in pairs({'redis', 'server'}) do
      if api[name] then setmetatable(api[name], {__index = missing}) end
    end
    local offered = {}
    for name, t in pairs(api) do offered[name] = protect(t) end
    setmetatable(offered, {__index = missing})
    getmetatable(front).__index = offered
  else
    getmetatable(front).__index = globals
  end
end

-- Calls a library's function, so that the handler sees what it raises.
local function call(f, keys, args, handler)
  return xpcall(function() return f(keys, args) end, handler)
end
setfenv(call, front)

return front, globals, xpcall, call, offer, sweep

-- What `bench/http` lets wrk ask: the questions of the file QUESTIONS, one on a line; what it writes
-- are lines of the file NOTES. 60 % questions, 30 % searches, 9 % parts of a document, 1 % writes.

local function lines(name)
  local list = {}
  for line in io.lines(os.getenv(name)) do
    list[#list + 1] = line
  end
  return list
end

local questions, notes = lines("QUESTIONS"), lines("NOTES")
local file = os.getenv("PART")
local json = { ["Content-Type"] = "application/json" }

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
end

local function escaped(text)
  return (text:gsub("[^%w]", function(c) return string.format("%%%02X", c:byte()) end))
end

function init()
  math.randomseed(tonumber(os.getenv("SEED")))
end

function request()
  local dice, text = math.random(), questions[math.random(#questions)]
  if dice < .6 then
    local body = '{"query": ' .. quoted(text) .. ', "max_tokens": 4000}'
    return wrk.format("POST", "/api/v1/context/assemble", json, body)
  elseif dice < .9 then
    return wrk.format("GET", "/api/v1/documents/search?limit=10&q=" .. escaped(text:sub(1, 80)))
  elseif dice < .99 then
    local body = '{"file": ' .. quoted(file) .. ', "start": {"line": 0}, "end": {"line": 20}}'
    return wrk.format("POST", "/api/v1/snippet", json, body)
  end
  local id = "note-" .. math.random(500)
  local body = '{"id": "' .. id .. '", "content": ' .. quoted(notes[math.random(#notes)]) .. "}"
  return wrk.format("POST", "/api/v1/documents", json, body)
end

-- The first answers that are no success, for whoever looks why.
local shown = 0
function response(status, _, body)
  if (status < 200 or 299 < status) and shown < 3 then
    shown = shown + 1
    io.stderr:write(status, " ", body:sub(1, 200), "\n")
  end
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"requests": %d, "seconds": %.3f, "errors": %d, "p50": %.3f, "p99": %.3f, "max": %.3f}\n',
    summary.requests, summary.duration / 1e6, failed,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end

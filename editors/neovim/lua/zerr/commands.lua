-- `:Zerr WORD`: what the server offers, about the function under the cursor.
local config = require("zerr.config")
local pages = require("zerr.pages")

local M = {}

local function warn(text)
  vim.notify("zerr: " .. text, vim.log.levels.WARN)
end

local function client()
  local found = vim.lsp.get_clients({ bufnr = 0, name = "zerr" })[1]
  if not found then
    warn("no server for this buffer, see :checkhealth zerr")
  end
  return found
end

local function here()
  return { uri = vim.uri_from_bufnr(0), line = vim.api.nvim_win_get_cursor(0)[1] }
end

--- Asks the server; what it refuses is told.
local function request(zerr, method, params, done)
  zerr:request(method, params, function(failure, result)
    if failure then
      warn(failure.message)
    elseif done then
      done(result)
    end
  end, 0)
end

local function execute(zerr, name, place, done)
  request(zerr, "workspace/executeCommand", { command = "zerr." .. name, arguments = { place } }, done)
end

local function run(name, done)
  return function()
    local zerr = client()
    if zerr then
      execute(zerr, name, here(), done)
    end
  end
end

local function show_report(path)
  if type(path) == "string" then
    pages.browse(path)
  end
end

local function show_runner_up(page)
  if type(page) == "table" then
    pages.side_by_side(page)
  elseif type(page) == "string" then
    pages.preview(page)
  end
end

--- One line of the list of runs.
---@return string
function M.run_line(one)
  local began = os.date("%Y-%m-%d %H:%M", math.floor((one.created_unix_ms or 0) / 1000))
  local verdict = type(one.verdict) == "string" and one.verdict or "not ended"
  return ("%s  %-9s  %s"):format(began, verdict, one.title)
end

local function runs()
  local zerr = client()
  if not zerr then
    return
  end
  local uri = vim.uri_from_bufnr(0)
  request(zerr, "zerr/runs", { uri = uri }, function(found)
    local list = found and found.runs or {}
    if #list == 0 then
      warn("this project has no runs")
      return
    end
    vim.ui.select(list, { prompt = "Runs of zerr", kind = "zerr_run", format_item = M.run_line }, function(chosen)
      if chosen then
        execute(zerr, "report", { uri = uri, run = chosen.run }, show_report)
      end
    end)
  end)
end

--- Runs that are going on, by the token of their progress.
M.running = {}

local function cancel()
  local zerr = client()
  if not zerr then
    return
  end
  for token in pairs(M.running) do
    zerr:notify("window/workDoneProgress/cancel", { token = token })
  end
end

local words = {
  generate = run("generate"),
  verify = run("verify"),
  decompose = run("decompose"),
  examples = run("examples"),
  settle = run("settle"),
  report = run("report", show_report),
  runner_up = run("runnerUp", show_runner_up),
  runs = runs,
  cancel = cancel,
}

local function names()
  local found = vim.tbl_keys(words)
  table.sort(found)
  return found
end

--- Lenses and actions whose answer is a page to show.
local function show_pages_of_actions()
  for name, show in pairs({ ["zerr.report"] = show_report, ["zerr.runnerUp"] = show_runner_up }) do
    vim.lsp.commands[name] = function(command, context)
      local zerr = vim.lsp.get_client_by_id(context.client_id)
      if zerr then
        local params = { command = command.command, arguments = command.arguments }
        request(zerr, "workspace/executeCommand", params, show)
      end
    end
  end
end

local function attach(event, group)
  local zerr = vim.lsp.get_client_by_id(event.data.client_id)
  if not zerr or zerr.name ~= "zerr" then
    return
  end
  if config.options.inlay_hints and zerr:supports_method("textDocument/inlayHint") then
    vim.lsp.inlay_hint.enable(true, { bufnr = event.buf })
  end
  -- Neovim draws lenses when it is told to.
  local function refresh()
    vim.lsp.codelens.refresh({ bufnr = event.buf })
  end
  refresh()
  vim.api.nvim_create_autocmd({ "BufEnter", "InsertLeave", "BufWritePost" }, {
    group = group,
    buffer = event.buf,
    callback = refresh,
  })
end

--- The line at the bottom: how the votes stand.
local function follow(event)
  local params = event.data and event.data.params
  local zerr = event.data and vim.lsp.get_client_by_id(event.data.client_id)
  if not params or not zerr or zerr.name ~= "zerr" then
    return
  end
  local value = params.value
  M.running[params.token] = value.kind ~= "end" or nil
  local text = value.kind == "end" and "" or ("%s %s"):format(value.title or "zerr", value.message or "")
  vim.api.nvim_echo({ { text } }, false, {})
end

function M.create()
  vim.api.nvim_create_user_command("Zerr", function(call)
    local word = words[call.args]
    if not word then
      vim.notify(("zerr: there is no `:Zerr %s`; it is one of %s"):format(call.args, table.concat(names(), ", ")), vim.log.levels.ERROR)
      return
    end
    word()
  end, {
    nargs = 1,
    desc = "zerr: generate, decompose or explain the function under the cursor, verify the file",
    complete = function(lead)
      return vim.tbl_filter(function(word)
        return vim.startswith(word, lead)
      end, names())
    end,
  })
  show_pages_of_actions()
  local group = vim.api.nvim_create_augroup("zerr", {})
  vim.api.nvim_create_autocmd("LspAttach", {
    group = group,
    callback = function(event)
      attach(event, group)
    end,
  })
  vim.api.nvim_create_autocmd("LspProgress", { group = group, callback = follow })
end

return M

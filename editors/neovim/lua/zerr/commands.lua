-- `:Zerr generate | verify | decompose | examples | report | runner_up | cancel`.
local M = {}

local function client()
  local found = vim.lsp.get_clients({ bufnr = 0, name = "zerr" })[1]
  if not found then
    vim.notify("zerr: no server for this buffer, see :checkhealth zerr", vim.log.levels.WARN)
  end
  return found
end

local function run(name)
  local zerr = client()
  if not zerr then
    return
  end
  local place = {
    uri = vim.uri_from_bufnr(0),
    line = vim.api.nvim_win_get_cursor(0)[1],
  }
  zerr:exec_cmd({ title = name, command = "zerr." .. name, arguments = { place } }, { bufnr = 0 }, function(failure)
    if failure then
      vim.notify("zerr: " .. failure.message, vim.log.levels.WARN)
    end
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
  generate = function()
    run("generate")
  end,
  verify = function()
    run("verify")
  end,
  decompose = function()
    run("decompose")
  end,
  examples = function()
    run("examples")
  end,
  report = function()
    run("report")
  end,
  runner_up = function()
    run("runnerUp")
  end,
  cancel = cancel,
}

local function names()
  local found = vim.tbl_keys(words)
  table.sort(found)
  return found
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
  local group = vim.api.nvim_create_augroup("zerr", {})
  -- Neovim draws lenses when it is told to.
  vim.api.nvim_create_autocmd("LspAttach", {
    group = group,
    callback = function(event)
      local zerr = vim.lsp.get_client_by_id(event.data.client_id)
      if not zerr or zerr.name ~= "zerr" then
        return
      end
      local function refresh()
        vim.lsp.codelens.refresh({ bufnr = event.buf })
      end
      refresh()
      vim.api.nvim_create_autocmd({ "BufEnter", "InsertLeave", "BufWritePost" }, {
        group = group,
        buffer = event.buf,
        callback = refresh,
      })
    end,
  })
  vim.api.nvim_create_autocmd("LspProgress", {
    group = group,
    callback = function(event)
      local params = event.data and event.data.params
      local zerr = event.data and vim.lsp.get_client_by_id(event.data.client_id)
      if not params or not zerr or zerr.name ~= "zerr" then
        return
      end
      local value = params.value
      M.running[params.token] = value.kind ~= "end" or nil
      -- The line at the bottom: how the votes stand.
      local text = value.kind == "end" and "" or ("%s %s"):format(value.title or "zerr", value.message or "")
      vim.api.nvim_echo({ { text } }, false, {})
    end,
  })
end

return M

-- What the server says and asks in its own words; `lsp/zerr.lua` gives this to the client.
local pages = require("zerr.pages")
local status = require("zerr.status")

local M = {}

M["zerr/status"] = function(_, said, context)
  status.take(said, context.client_id)
end

--- A diff about a run goes to the preview window, everything else where it always goes.
M["window/showDocument"] = function(failure, params, context)
  local path = vim.startswith(params.uri, "file:") and vim.uri_to_fname(params.uri) or ""
  if not params.external and pages.is_diff(path) then
    return { success = pages.preview(path) }
  end
  return vim.lsp.handlers["window/showDocument"](failure, params, context)
end

--- Asks as Neovim does; a preview that the question was about goes with its answer.
M["window/showMessageRequest"] = function(failure, params, context)
  vim.cmd.redraw()
  local answer = vim.lsp.handlers["window/showMessageRequest"](failure, params, context)
  local title = type(answer) == "table" and answer.title or nil
  if title ~= "Show the difference" then
    pages.close_preview()
  end
  return answer
end

return M

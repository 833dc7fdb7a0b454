-- What the server last said of itself (`zerr/status`), as one line.
local M = {}

--- By the client's id.
M.said = {}

---@param status table
---@param client_id integer
function M.take(status, client_id)
  M.said[client_id] = status
  vim.cmd.redrawstatus({ bang = true })
end

--- The model and where it runs.
---@param status table
---@return string|nil
function M.model(status)
  if not status.model or not status.backend or status.backend == status.model then
    return status.model
  end
  return ("%s (%s)"):format(status.model, status.backend)
end

---@return string
function M.text()
  local client = vim.lsp.get_clients({ bufnr = 0, name = "zerr" })[1]
  if not client then
    return ""
  end
  local status = M.said[client.id] or {}
  if (status.running or 0) > 0 then
    return "zerr: " .. (status.message or "running")
  end
  local model = M.model(status)
  return model and "zerr: " .. model or "zerr"
end

return M

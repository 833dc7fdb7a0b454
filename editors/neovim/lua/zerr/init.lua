-- `require("zerr").setup{}`: settings, then the server is enabled. `status()` is for a statusline.
local M = {}

---@param options table|nil
function M.setup(options)
  local config = require("zerr.config")
  config.set(options)
  vim.lsp.config("zerr", { cmd = config.command(), init_options = config.init_options() })
  vim.lsp.enable("zerr")
end

--- The model and where it runs, or how the votes stand; empty where no server is.
---@return string
function M.status()
  return require("zerr.status").text()
end

return M

-- `require("zerr").setup{}`: settings, then the server is enabled.
local M = {}

---@param options table|nil
function M.setup(options)
  local config = require("zerr.config")
  config.set(options)
  vim.lsp.config("zerr", { cmd = config.command(), init_options = config.init_options() })
  vim.lsp.enable("zerr")
end

return M

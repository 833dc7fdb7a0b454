-- What `vim.lsp.enable("zerr")` starts; `require("zerr").setup{}` changes it.
local config = require("zerr.config")

return {
  cmd = config.command(),
  filetypes = { "rust", "python", "yaml" },
  root_markers = { ".zerr", ".git", "Cargo.toml", "pyproject.toml" },
  init_options = config.init_options(),
}

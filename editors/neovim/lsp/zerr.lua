-- What `vim.lsp.enable("zerr")` starts; `require("zerr").setup{}` changes it.
local config = require("zerr.config")

local markers = { ".zerr", ".git", "Cargo.toml", "pyproject.toml" }

--- Of YAML and TOML, only the files that the server knows.
local function is_known(buffer)
  local kind = vim.bo[buffer].filetype
  local name = vim.fs.basename(vim.api.nvim_buf_get_name(buffer))
  if kind == "toml" then
    return name == "Cargo.toml" or name == "Cargo.lock"
  end
  return kind ~= "yaml" or name:find("task_spec%.ya?ml$") ~= nil
end

return {
  cmd = config.command(),
  filetypes = { "rust", "python", "yaml", "toml" },
  root_dir = function(buffer, start)
    if is_known(buffer) then
      start(vim.fs.root(buffer, markers))
    end
  end,
  init_options = config.init_options(),
  handlers = require("zerr.handlers"),
}

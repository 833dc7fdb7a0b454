-- Settings, and where the server is.
local M = {}

M.defaults = {
  -- The server: a path or a name on the PATH. Looked for when it is nil.
  command = nil,
  -- A GGUF file in place of the embedded model.
  model = nil,
  -- Show verified code before it is applied, and ask about each hunk.
  preview = false,
  -- Show the votes at the end of a written function's first line.
  inlay_hints = false,
}

M.options = vim.deepcopy(M.defaults)

local types = {
  command = { "string", "table" },
  model = { "string" },
  preview = { "boolean" },
  inlay_hints = { "boolean" },
}

---@param options table|nil
function M.set(options)
  local known = {}
  for name, value in pairs(options or {}) do
    local allowed = types[name]
    if not allowed then
      vim.notify(("zerr: there is no setting `%s`"):format(name), vim.log.levels.WARN)
    elseif not vim.list_contains(allowed, type(value)) then
      vim.notify(("zerr: `%s` is a %s"):format(name, table.concat(allowed, " or a ")), vim.log.levels.WARN)
    else
      known[name] = value
    end
  end
  M.options = vim.tbl_deep_extend("force", vim.deepcopy(M.defaults), known)
end

--- The command line that starts the server.
---@return string[]
function M.command()
  local own = M.options.command
  if type(own) == "table" then
    return own
  end
  if own then
    return { own, "lsp" }
  end
  if vim.fn.executable("cargo-zerr") == 1 then
    return { "cargo-zerr", "lsp" }
  end
  if vim.fn.executable("zerr-lsp") == 1 then
    return { "zerr-lsp" }
  end
  return { "cargo-zerr", "lsp" }
end

---@return table
function M.init_options()
  return {
    model = M.options.model and vim.fs.normalize(M.options.model) or nil,
    preview = M.options.preview,
    inlayHints = M.options.inlay_hints,
    showsPages = true,
    showsStatus = true,
  }
end

return M

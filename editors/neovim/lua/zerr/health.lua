-- `:checkhealth zerr`
local M = {}

function M.check()
  local health = vim.health
  health.start("zerr")
  if vim.fn.has("nvim-0.11") == 1 then
    health.ok("Neovim 0.11 or newer")
  else
    health.error("Neovim is older than 0.11", { "vim.lsp.enable came with 0.11" })
    return
  end
  local command = require("zerr.config").command()
  local program = vim.fn.exepath(command[1])
  if program == "" then
    health.error(("there is no `%s`"):format(command[1]), {
      "put cargo-zerr on the PATH",
      'or say where it is: require("zerr").setup{ command = "/path/to/cargo-zerr" }',
    })
    return
  end
  local version = vim.system({ program, "--version" }, { text = true }):wait(5000)
  health.ok(("server: %s (%s)"):format(program, version.code == 0 and vim.trim(version.stdout) or "no version"))
  local host = vim.fs.joinpath(vim.fs.dirname(vim.uv.fs_realpath(program) or program), "zerr-host")
  if vim.fn.executable(host) == 1 or vim.fn.executable("zerr-host") == 1 then
    health.ok("model host: zerr-host is there")
  else
    health.warn("zerr-host is not beside it: findings are shown, nothing can be generated")
  end
  local model = require("zerr.config").options.model
  if model and not vim.uv.fs_stat(vim.fs.normalize(model)) then
    health.error(("there is no model %s"):format(model))
  end
  local options = require("zerr.config").options
  health.info(("preview before code is applied: %s"):format(options.preview and "yes" or "no"))
  health.info(("inlay hints: %s"):format(options.inlay_hints and "yes" or "no"))
  local running = vim.lsp.get_clients({ name = "zerr" })
  health.info(("%d server%s running"):format(#running, #running == 1 and "" or "s"))
  local status = require("zerr.status")
  for _, client in ipairs(running) do
    local model = status.model(status.said[client.id] or {})
    health.info(("%s: %s"):format(client.root_dir or "a file alone", model and "model " .. model or "no model yet"))
  end
end

return M

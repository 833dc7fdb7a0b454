-- A real session: nvim --headless --clean -l session.lua FILE SERVER MODEL
-- The unfinished function in FILE is written, what does not parse is told; prints the buffer.
local file, server, model = arg[1], arg[2], arg[3]
local here = vim.fs.dirname(vim.uv.fs_realpath(arg[0]))
vim.opt.runtimepath:prepend(vim.fs.dirname(here))
vim.cmd("runtime! plugin/zerr.lua")
local said = {}
vim.notify = function(text)
  table.insert(said, text)
end

local function wait(what, done)
  if not vim.wait(60000, done, 20) then
    io.stderr:write("no " .. what .. " in a minute; said: " .. vim.inspect(said) .. "\n")
    os.exit(1)
  end
end

require("zerr").setup({ command = server, model = model })
vim.cmd.edit(vim.fn.fnameescape(file))
vim.bo.filetype = "python"
wait("server", function()
  local client = vim.lsp.get_clients({ name = "zerr", bufnr = 0 })[1]
  return client and client.initialized
end)

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n") .. "\n"
end

-- A bracket that is missing, and that comes back.
local first = vim.api.nvim_buf_get_lines(0, 0, 1, false)[1]
vim.api.nvim_buf_set_lines(0, 0, 1, false, { (first:gsub("%)", "", 1)) })
wait("diagnostic", function()
  return #vim.diagnostic.get(0) > 0
end)
vim.api.nvim_buf_set_lines(0, 0, 1, false, { first })
wait("end of the diagnostic", function()
  return #vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR }) == 0
end)

vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(0), 4 })
vim.cmd("Zerr generate")
wait("function", function()
  return not text():find("NotImplementedError", 1, true)
end)
vim.cmd("Zerr nonsense")
wait("complaint", function()
  return vim.iter(said):any(function(one)
    return one:find("nonsense", 1, true) ~= nil
  end)
end)
vim.cmd("silent write")
vim.cmd("checkhealth zerr")
local health = text()
vim.cmd.bprevious()
io.stdout:write(health, "\n---\n")
vim.cmd.edit(vim.fn.fnameescape(file))
io.stdout:write(text())
for _, client in ipairs(vim.lsp.get_clients({ name = "zerr" })) do
  client:stop()
end

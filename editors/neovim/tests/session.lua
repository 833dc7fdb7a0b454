-- A real session: nvim --headless --clean -l session.lua FILE SERVER MODEL
-- What does not parse is told; the unfinished function in FILE is discarded, then looked at and
-- written hunk by hunk; its runner-up and its runs are shown, and what it leaves open is settled.
-- Prints the health page and the buffer.
local file, server, model = arg[1], arg[2], arg[3]
local here = vim.fs.dirname(vim.uv.fs_realpath(arg[0]))
vim.opt.runtimepath:prepend(vim.fs.dirname(here))
vim.cmd("runtime! plugin/zerr.lua")
local said = {}
vim.notify = function(text)
  table.insert(said, text)
end

local asked, answers, opened = {}, {}, {}

local function fail(why)
  io.stderr:write(("%s; said: %s; asked: %s\n"):format(why, vim.inspect(said), vim.inspect(asked)))
  os.exit(1)
end

local function wait(what, done)
  if not vim.wait(60000, done, 20) then
    fail("no " .. what .. " in a minute")
  end
end

local function check(what, is_so)
  if not is_so then
    fail("it is not so that " .. what)
  end
end

-- A person who answers what is in `answers`, by the beginnings of the words.
vim.ui.select = function(items, options, done)
  local words = vim.tbl_map(options.format_item or tostring, items)
  table.insert(asked, { options.prompt, words })
  local wanted = table.remove(answers, 1)
  for index, word in ipairs(words) do
    if wanted and word:find(wanted, 1, true) then
      return done(items[index], index)
    end
  end
  fail(("no answer `%s`"):format(wanted))
end
vim.ui.open = function(path)
  table.insert(opened, path)
  return {
    wait = function()
      return { code = 0 }
    end,
  }
end

require("zerr").setup({ command = server, model = model, preview = true, inlay_hints = true })
vim.cmd.edit(vim.fn.fnameescape(file))
vim.bo.filetype = "python"
local buffer = vim.api.nvim_get_current_buf()
wait("server", function()
  local client = vim.lsp.get_clients({ name = "zerr", bufnr = 0 })[1]
  return client and client.initialized
end)

local function text(of)
  return table.concat(vim.api.nvim_buf_get_lines(of or buffer, 0, -1, false), "\n") .. "\n"
end

local function to_function(line)
  vim.api.nvim_set_current_buf(buffer)
  vim.api.nvim_win_set_cursor(0, { line, 4 })
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

-- What is discarded is not written.
to_function(vim.api.nvim_buf_line_count(0))
answers = { "Discard" }
vim.cmd("Zerr generate")
wait("question", function()
  return #answers == 0
end)
check("a discarded function is not written", text():find("NotImplementedError", 1, true) ~= nil)

-- The difference, beside the text, before each hunk is taken.
local preview
local answer = vim.ui.select
vim.ui.select = function(...)
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.wo[window].previewwindow then
      local shown = vim.api.nvim_win_get_buf(window)
      preview = { filetype = vim.bo[shown].filetype, text = text(shown), current = vim.api.nvim_get_current_buf() }
    end
  end
  return answer(...)
end
answers = { "Show the difference", "Hunk by hunk", "Take" }
vim.cmd("Zerr generate")
wait("function", function()
  return not text():find("NotImplementedError", 1, true)
end)
check("the difference was shown", preview ~= nil)
check("it is a diff", preview.filetype == "diff" and preview.text:find("+    return max", 1, true) ~= nil)
check("the cursor stayed in the text", preview.current == buffer)
wait("end of the preview", function()
  return not vim.iter(vim.api.nvim_list_wins()):any(function(window)
    return vim.wo[window].previewwindow
  end)
end)
vim.ui.select = answer

vim.cmd("Zerr nonsense")
wait("complaint", function()
  return vim.iter(said):any(function(one)
    return one:find("nonsense", 1, true) ~= nil
  end)
end)
vim.cmd("silent write")

-- Votes behind the first line, and the model in the statusline.
wait("inlay hint", function()
  return #vim.lsp.inlay_hint.get({ bufnr = buffer }) > 0
end)
wait("status", function()
  return require("zerr").status():find("zerr: ", 1, true) ~= nil
end)

-- The two leading candidates, side by side.
to_function(1)
vim.cmd("Zerr runner_up")
wait("runner-up", function()
  return #vim.api.nvim_list_tabpages() == 2
end)
check("both are compared", vim.iter(vim.api.nvim_tabpage_list_wins(0)):all(function(window)
  return vim.wo[window].diff
end) and #vim.api.nvim_tabpage_list_wins(0) == 2)
vim.api.nvim_feedkeys("q", "x", false)
check("q closes them", #vim.api.nvim_list_tabpages() == 1)

-- The reports: of this function, and of a run that is chosen.
to_function(1)
vim.cmd("Zerr report")
wait("report", function()
  return #opened == 1
end)
answers = { "largest" }
vim.cmd("Zerr runs")
wait("report of the run", function()
  return #opened == 2
end)
for _, page in ipairs(opened) do
  check(page .. " is a page", page:find("%.html$") and vim.uv.fs_stat(page) ~= nil)
end

-- What its documentation leaves open is asked, and the answer stands in it.
to_function(1)
local before = text()
answers = { " == ", "Take it" }
vim.cmd("Zerr settle")
wait("example, and the function that it pins down", function()
  return #answers == 0 and text() ~= before and not text():find("NotImplementedError", 1, true)
end)
check("an example was added", #vim.split(text(), "\n") > #vim.split(before, "\n"))

vim.cmd("checkhealth zerr")
io.stdout:write(text(0), "\n---\n", text())
for _, client in ipairs(vim.lsp.get_clients({ name = "zerr" })) do
  client:stop()
end

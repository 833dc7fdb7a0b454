-- Windows for what the server writes about a run: a diff before it is applied, two candidates side
-- by side, a report in a browser.
local M = {}

local function close_by_q(buffer, close)
  vim.keymap.set("n", "q", close, { buffer = buffer, nowait = true, desc = "zerr: close" })
end

---@param path string
---@return boolean
function M.is_diff(path)
  return vim.fs.normalize(path):find("/%.zerr/pages/[^/]*%.diff$") ~= nil
end

--- The diff in the preview window; the cursor stays where it is.
---@param path string
---@return boolean
function M.preview(path)
  if vim.fn.filereadable(path) ~= 1 then
    return false
  end
  local lines = vim.fn.readfile(path)
  M.close_preview()
  vim.cmd.pedit({ vim.fn.fnameescape(path), mods = { keepalt = true, noswapfile = true, split = "botright" } })
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    if vim.wo[window].previewwindow then
      local buffer = vim.api.nvim_win_get_buf(window)
      -- A later page of the same name is another text.
      vim.api.nvim_buf_call(buffer, function()
        vim.cmd("silent edit!")
      end)
      vim.bo[buffer].filetype = "diff"
      vim.bo[buffer].modifiable = false
      vim.bo[buffer].buflisted = false
      vim.bo[buffer].bufhidden = "wipe"
      vim.api.nvim_win_set_height(window, math.max(3, math.min(#lines, math.floor(vim.o.lines / 2))))
      close_by_q(buffer, M.close_preview)
      M.shown = buffer
    end
  end
  -- A question may follow that blocks the screen.
  vim.cmd.redraw()
  return true
end

--- Closes the preview window if a diff of zerr is in it.
function M.close_preview()
  if M.shown and vim.api.nvim_buf_is_valid(M.shown) and #vim.fn.win_findbuf(M.shown) > 0 then
    vim.cmd.pclose({ bang = true })
  end
  M.shown = nil
end

--- The two leading candidates of a function, side by side in a tab.
---@param page { title: string, winner: string, runnerUp: string, diff: string }
function M.side_by_side(page)
  vim.cmd.tabnew({ mods = { keepalt = true } })
  vim.bo.bufhidden = "wipe"
  local tab = vim.api.nvim_get_current_tabpage()
  local titles = vim.split(page.title, "|", { trimempty = true })
  for index, path in ipairs({ page.winner, page.runnerUp }) do
    if index == 2 then
      vim.cmd.vsplit({ mods = { split = "belowright" } })
    end
    vim.cmd.edit({ vim.fn.fnameescape(path), bang = true })
    vim.bo.modifiable = false
    vim.bo.buflisted = false
    vim.bo.bufhidden = "wipe"
    vim.wo.winbar = vim.trim(titles[index] or ""):gsub("%%", "%%%%")
    vim.cmd.diffthis()
    close_by_q(vim.api.nvim_get_current_buf(), function()
      if vim.api.nvim_tabpage_is_valid(tab) then
        vim.cmd.tabclose(vim.api.nvim_tabpage_get_number(tab))
      end
    end)
  end
end

--- A report, in a browser; where there is none, its path.
---@param path string
function M.browse(path)
  local opened, failure = vim.ui.open(path)
  if not opened then
    vim.notify(("zerr: %s (%s)"):format(path, failure), vim.log.levels.INFO)
  end
end

return M

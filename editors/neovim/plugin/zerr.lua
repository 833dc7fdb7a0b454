if vim.g.loaded_zerr then
  return
end
vim.g.loaded_zerr = true
require("zerr.commands").create()

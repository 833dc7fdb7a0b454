/** A file with an unfinished function, to try zerr on: `openExample`. */

import * as vscode from "vscode";

const NAME = "zerr_example.py";

const TEXT = `def largest(xs: list[int]) -> int:
    """Return the largest number, or 0 where there is none.

    >>> largest([1, 7, 3])
    7
    >>> largest([])
    0
    >>> largest([-2, -5])
    -2
    """
    raise NotImplementedError
`;

/** Opens it in the first folder, made where it is not there. */
export async function openExample(): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder) {
    void vscode.window.showWarningMessage("zerr: open a folder first; the example becomes a file in it.");
    return;
  }
  const file = vscode.Uri.joinPath(folder.uri, NAME);
  try {
    await vscode.workspace.fs.stat(file);
  } catch {
    await vscode.workspace.fs.writeFile(file, Buffer.from(TEXT));
  }
  await vscode.window.showTextDocument(file);
}

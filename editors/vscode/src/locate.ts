/** Where the program `cargo-zerr` is: the setting, the PATH, cargo's folder, or the extension's own. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

export interface Located {
  program: string;
  /** Which of the places had it, for people. */
  from: string;
}

/** It is in none of them. */
export interface Missing {
  /** What the setting names, where it is set. */
  named: string | undefined;
  lookedIn: string[];
}

/** Looks in every place in turn; a setting that is set is the only place. */
export function locate(setting: string, extension: string): Located | Missing {
  const named = setting.trim();
  if (named) {
    const program = named.replace(/^~(?=[/\\])/, os.homedir());
    return isProgram(program)
      ? { program, from: "the setting zerr.server.path" }
      : { named: program, lookedIn: [program] };
  }
  const places: [string, string][] = [
    ...searchPath().map((folder): [string, string] => [folder, "the PATH"]),
    [cargoBin(), "cargo's folder"],
    [path.join(extension, "server"), "the extension"],
  ];
  for (const [folder, from] of places) {
    const program = path.join(folder, executable("cargo-zerr"));
    if (isProgram(program)) {
      return { program, from };
    }
  }
  return { named: undefined, lookedIn: places.map(([folder]) => folder) };
}

/** A program of the PATH. */
export function onPath(name: string): string | undefined {
  return searchPath()
    .concat(cargoBin())
    .map((folder) => path.join(folder, executable(name)))
    .find((file) => isProgram(file));
}

function searchPath(): string[] {
  return (process.env.PATH ?? "").split(path.delimiter).filter((folder) => folder !== "");
}

function cargoBin(): string {
  return path.join(process.env.CARGO_HOME ?? path.join(os.homedir(), ".cargo"), "bin");
}

function executable(name: string): string {
  return process.platform === "win32" ? `${name}.exe` : name;
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

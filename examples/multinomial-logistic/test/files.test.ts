import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../src/lesson/user-error.ts";
import { checkFiles, type NamedFile, writeFile } from "../src/node/files.ts";
import { tableFile } from "../src/node/tables.ts";
import { bundled } from "./bundled.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  return "";
}

describe("checkFiles", () => {
  const names = (data: string, save: string, report: string): NamedFile[] => [
    { option: "--data", path: at(data), use: "read" },
    { option: "--save", path: at(save), use: "write" },
    { option: "--report", path: at(report), use: "write" },
  ];
  const check = (data: string, save: string, report: string) => messageOf(() => checkFiles(names(data, save, report)));

  beforeEach(() => writeFileSync(at("data.csv"), "kept"));

  it("lets different files pass, and leaves no trace of its own", () => {
    symlinkSync("later.json", at("dangling"));
    expect(check("data.csv", "dangling", "page.html")).toBe("");
    expect(readdirSync(folder).sort()).toEqual(["dangling", "data.csv"]);
    expect(readlinkSync(at("dangling"))).toBe("later.json");
    expect(readFileSync(at("data.csv"), "utf8")).toBe("kept");
  });

  it.each([
    ["the same name", "data.csv", "w", "data.csv", "--data and --report"],
    ["another way to write it", "data.csv", "./sub/../data.csv", "r", "--data and --save"],
    ["a symbolic link", "data.csv", "symlink", "r", "--data and --save"],
    ["a hard link", "data.csv", "w", "hardlink", "--data and --report"],
    ["a name inside a linked folder", "data.csv", "w", "linked/data.csv", "--data and --report"],
    ["two new files", "data.csv", "new", "./new", "--save and --report"],
    ["two new files, one by a link to nothing yet", "data.csv", "dangling", "later", "--save and --report"],
  ])("refuses one file under two options: %s", (_, data, save, report, options) => {
    mkdirSync(at("sub"));
    symlinkSync("data.csv", at("symlink"));
    linkSync(at("data.csv"), at("hardlink"));
    symlinkSync(folder, at("linked"));
    symlinkSync("later", at("dangling"));
    expect(check(data, save, report)).toMatch(new RegExp(`^${options} name the same file, .*one would be lost; give`));
    expect(readFileSync(at("data.csv"), "utf8")).toBe("kept");
    expect(existsSync(at("new")) || existsSync(at("later"))).toBe(false);
  });

  it("knows the table that comes with the demo", () => {
    symlinkSync(tableFile("iris") ?? "", at("iris-file"));
    const files: NamedFile[] = [
      { option: "--data", path: tableFile("iris"), use: "read" },
      { option: "--save", path: at("iris-file"), use: "write" },
    ];
    expect(messageOf(() => checkFiles(files))).toMatch(/^--data and --save name the same file/);
    expect(tableFile("blobs")).toBeUndefined();
  });

  it("takes upper and lower case as the file system does", () => {
    writeFileSync(at("probe"), "");
    const message = check("data.csv", "New.json", "new.JSON");
    if (existsSync(at("PROBE"))) expect(message).toMatch(/^--save and --report name the same file/);
    else expect(message).toBe("");
  });

  it("lets two outputs go to the same device", () => {
    const null_ = (option: string): NamedFile => ({ option, path: "/dev/null", use: "write" });
    expect(messageOf(() => checkFiles([null_("--save"), null_("--report")]))).toBe("");
  });

  it("says in one line why a file cannot be written", () => {
    symlinkSync("circle", at("circle"));
    expect(check("data.csv", "data.csv/w", "r")).toMatch(/^cannot write .*: a part of its path is not a directory$/);
    expect(check("data.csv", "circle", "r")).toMatch(/^cannot write .*: its links lead in a circle$/);
    expect(check("data.csv", ".", "r")).toMatch(/^cannot write .*: it is a directory$/);
  });
});

describe("writeFile", () => {
  it("keeps the permissions of what was there", () => {
    writeFileSync(at("f"), "old");
    chmodSync(at("f"), 0o640);
    writeFile(at("f"), "new");
    expect(readFileSync(at("f"), "utf8")).toBe("new");
    expect(statSync(at("f")).mode & 0o7777).toBe(0o640);
  });

  it("puts a new file in the place of the old one at once: who has the old one open reads it whole", () => {
    writeFileSync(at("f"), "old");
    linkSync(at("f"), at("same file"));
    writeFile(at("f"), "new");
    expect(readFileSync(at("same file"), "utf8")).toBe("old");
    expect(readdirSync(folder).sort()).toEqual(["f", "same file"]);
  });

  it("writes through links, to what is there and to what is not", () => {
    mkdirSync(at("sub"));
    writeFileSync(at("sub/f"), "old");
    symlinkSync("sub/f", at("link"));
    symlinkSync("sub", at("folder"));
    symlinkSync("later", at("sub/dangling"));
    writeFile(at("link"), "new");
    writeFile(at("folder/dangling"), "new too");
    expect(lstatSync(at("link")).isSymbolicLink()).toBe(true);
    expect(readFileSync(at("sub/f"), "utf8")).toBe("new");
    expect(readFileSync(at("sub/later"), "utf8")).toBe("new too");
    expect(readdirSync(at("sub")).sort()).toEqual(["dangling", "f", "later"]);
  });

  it("takes the longest name that there can be", () => {
    const long = "n".repeat(255);
    writeFile(at(long), "new");
    expect(readdirSync(folder)).toEqual([long]);
  });

  it("writes to a device and to a pipe as they are", () => {
    writeFile("/dev/null", "gone");
    expect(statSync("/dev/null").isFile()).toBe(false);
    execFileSync("mkfifo", [at("pipe")]);
    // Held open by the shell, so that nobody waits for anybody.
    const read = `exec 3<>"$1"; "$2" --import "$3" --input-type=module -e "$4"; head -c 4 <&3`;
    const code = `
      const { writeFile } = await import(${JSON.stringify(filesModule)});
      writeFile(${JSON.stringify(at("pipe"))}, "text");`;
    const words = [at("pipe"), process.execPath, tsx, code];
    const { stdout, stderr } = spawnSync("sh", ["-c", read, "sh", ...words], { encoding: "utf8" });
    expect({ stdout, stderr }).toEqual({ stdout: "text", stderr: "" });
    expect(statSync(at("pipe")).isFIFO()).toBe(true);
  });

  it("leaves the old file and nothing else when the new one cannot be written whole", () => {
    writeFileSync(at("f"), "old");
    const code = `
      const { writeFile } = await import(${JSON.stringify(filesModule)});
      try { writeFile(${JSON.stringify(at("f"))}, "n".repeat(1e6)); } catch (error) { console.log(error.message); }`;
    // No file of this shell's programs may grow beyond a few blocks.
    const limited = `ulimit -f 8; exec "$1" --import "$2" --input-type=module -e "$3"`;
    const { stdout } = spawnSync("sh", ["-c", limited, "sh", process.execPath, tsx, code], {
      encoding: "utf8",
      env: { ...process.env, TSX_DISABLE_CACHE: "1" },
    });
    expect(stdout).toMatch(/^cannot write .*f: the file would be too large\n$/);
    expect(readFileSync(at("f"), "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["f"]);
  });
});

const filesModule = new URL("../src/node/files.ts", import.meta.url).href;
const tsx = createRequire(import.meta.url).resolve("tsx");
const program = bundled();

describe("the program, with one file under two options", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, "--epochs", "1", "--json", ...args], {
      cwd: folder,
      encoding: "utf8",
    });

  it.each([
    ["--data f --save f", "--data and --save"],
    ["--data f --report f", "--data and --report"],
    ["--save new --report new", "--save and --report"],
    ["--data f --save out/report.html --report out/report.html", "--save and --report"],
  ])("%s: refuses, and the table is as it was", (line, options) => {
    const table = readFileSync(tableFile("iris") ?? "", "utf8");
    writeFileSync(at("f"), table);
    const { status, stderr } = run(...line.split(" "));
    expect(status).toBe(2);
    expect(stderr).toMatch(new RegExp(`^error: ${options} name the same file, .*\n$`));
    expect(readFileSync(at("f"), "utf8")).toBe(table);
  });

  it("--load f --save f: refuses, for the weights that were loaded would be lost", () => {
    expect(run("--save", "w.json").status).toBe(0);
    const weights = readFileSync(at("w.json"), "utf8");
    expect(run("--load", "w.json", "--save", "w.json").stderr).toMatch(/^error: --load and --save name the same file/);
    expect(readFileSync(at("w.json"), "utf8")).toBe(weights);
  });

  it("--save /dev/stdout: writes where the rest goes, into a file too", () => {
    const command = '"$1" "$2" --epochs 1 --json --save /dev/stdout > all.txt';
    spawnSync("sh", ["-c", command, "sh", process.execPath, program], { cwd: folder });
    const lines = readFileSync(at("all.txt"), "utf8").trimEnd().split("\n");
    expect(JSON.parse(lines[0]!)).toMatchObject({ type: "epoch" });
    expect(lines[1]).toBe("{");
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ type: "summary" });
  });
});

/** What the command line says: every option, its default, its check and its help text. */
import { parseArgs } from "node:util";
import { parseNumber } from "../lesson/numbers.ts";
import { defaults, losses, optimizers, type Settings } from "../lesson/settings.ts";
import { UserError } from "../lesson/user-error.ts";

const files = { data: "blobs", report: "out/report.html" };

export interface Options extends Settings {
  data: string;
  label: string | undefined;
  json: boolean;
  report: string | undefined;
  save: string | undefined;
  exportOnnx: string | undefined;
  exportTorch: string | undefined;
}

export const help = `Trains softmax(Wx + b), multinomial logistic regression, and shows what was learned.

usage: npm start -- [options]

data
  --data blobs      three round, slightly overlapping clouds in the plane (default)
  --data iris       150 flowers, 4 measurements, 3 species (R. A. Fisher, 1936)
  --data FILE.csv   your own table: first line names the columns, features are numbers
  --label NAME      the column that holds the class (default: the last one)

training
  --loss ce|mse     cross-entropy on the logits (default), or the squared error of the
                    softmax, to see why not
  --optimizer NAME  sgd (default), adam, or adamw (which also decays the weights by 0.01)
  --lr NUMBER       learning rate (default: ${defaults.lr.sgd} for sgd, ${defaults.lr.adam} for adam and adamw)
  --epochs NUMBER   passes over the training rows (default: ${defaults.epochs})
  --batch-size NUMBER  rows for each step (default: ${defaults.batchSize})
  --l2 NUMBER       adds l2/2 * (sum of W squared) to the loss; b is free (default: 0)
  --seed NUMBER     one seed, one result, digit for digit (default: 0)
  --eager           run each step op by op, not as one compiled program: the same numbers,
                    but for the last digits, in more time

weights
  --save FILE       writes W, b, the standardization and all names as JSON
  --load FILE       reads them back and measures them; with --epochs it goes on training;
                    FILE.safetensors has W and b as PyTorch's train.py has written them
  --export-onnx FILE  writes the trained model, standardization included, as an ONNX graph:
                    measured features in, classes and probabilities out
  --export-torch FOLDER  writes what PyTorch needs to go on training, on one machine or
                    many: the loss in Python, W and b, the rows, and train.py

output
  --report FILE     where the HTML page goes (default: ${files.report}; none with --json)
  --json            one line per epoch on stdout, {"type":"epoch",...}, and at the end one
                    {"type":"summary",...}; no pictures, no times, no colour
  --help            this page

Each file is written whole or not at all; two options that name one file are refused.
When the reader of a pipe ends (| head), files that were asked for are still written.
Ctrl-C ends the training, then saves and reports what there is; a second one ends at once.
Colour and the moving bar need a terminal; NO_COLOR=1 turns both off.
Exit code: 0, or 2 when an option, a file or standard output fails (stderr says which),
or 130 after Ctrl-C.`;

/** Reads the arguments; `undefined` means that --help was asked for. @throws UserError, one line. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const given = readArguments(args);
  if (given.help) return undefined;
  const optimizer = oneOf("--optimizer", given.optimizer ?? defaults.optimizer, optimizers);
  const load = fileName("--load", given.load);
  const json = given.json ?? false;
  return {
    data: fileName("--data", given.data) ?? files.data,
    label: given.label,
    epochs: wholeNumber("--epochs", given.epochs, { min: 1 }) ?? (load === undefined ? defaults.epochs : 0),
    lr: positive("--lr", given.lr) ?? defaults.lr[optimizer],
    batchSize: wholeNumber("--batch-size", given["batch-size"], { min: 1 }) ?? defaults.batchSize,
    optimizer,
    loss: oneOf("--loss", given.loss ?? defaults.loss, losses),
    l2: notNegative("--l2", given.l2) ?? defaults.l2,
    seed: wholeNumber("--seed", given.seed, { min: 0 }) ?? defaults.seed,
    eager: given.eager ?? false,
    json,
    report: fileName("--report", given.report) ?? (json ? undefined : files.report),
    save: jsonName(fileName("--save", given.save)),
    exportOnnx: fileName("--export-onnx", given["export-onnx"]),
    exportTorch: fileName("--export-torch", given["export-torch"]),
    load,
  };
}

function readArguments(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: joinNegativeNumbers(args),
      options: {
        data: text,
        label: text,
        loss: text,
        optimizer: text,
        lr: text,
        epochs: text,
        "batch-size": text,
        l2: text,
        seed: text,
        save: text,
        load: text,
        "export-onnx": text,
        "export-torch": text,
        report: text,
        eager: flag,
        json: flag,
        help: { ...flag, short: "h" },
      },
    }).values;
  } catch (error) {
    // Node's own message goes on to explain how to pass odd arguments; its first sentence is enough.
    const [sentence] = (error instanceof Error ? error.message : String(error)).split(/\.? (?=To )|\.?\n/, 1);
    throw new UserError(`${sentence} (--help lists the options)`);
  }
}

/** `--lr -1` reads as two options to Node; as `--lr=-1` it gets our own, clearer message. */
function joinNegativeNumbers(args: readonly string[]): string[] {
  return args.reduce<string[]>((joined, arg) => {
    const previous = joined.at(-1);
    if (/^-[\d.]/.test(arg) && previous?.startsWith("--")) joined[joined.length - 1] = `${previous}=${arg}`;
    else joined.push(arg);
    return joined;
  }, []);
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value);
  if (found === undefined) throw new UserError(`${option} must be one of ${allowed.join(", ")}, not "${value}"`);
  return found;
}

function fileName(option: string, value: string | undefined): string | undefined {
  if (value?.trim() === "") throw new UserError(`${option} needs a file name`);
  return value;
}

/** `--load` goes by the name: a file of JSON may not have that of safetensors. */
function jsonName(file: string | undefined): string | undefined {
  if (file?.endsWith(".safetensors") !== true) return file;
  throw new UserError(`--save writes JSON, which ${file} would not be; give it another name, such as weights.json`);
}

function positive(option: string, text: string | undefined): number | undefined {
  return checkedNumber(option, text, "a number greater than 0", (value) => value > 0);
}

function notNegative(option: string, text: string | undefined): number | undefined {
  return checkedNumber(option, text, "0 or a positive number", (value) => value >= 0);
}

function wholeNumber(option: string, text: string | undefined, { min }: { min: number }): number | undefined {
  const fits = (value: number): boolean => Number.isSafeInteger(value) && value >= min;
  return checkedNumber(option, text, `a whole number, ${min} or more`, fits);
}

function checkedNumber(
  option: string,
  text: string | undefined,
  wanted: string,
  fits: (value: number) => boolean,
): number | undefined {
  if (text === undefined) return undefined;
  const value = parseNumber(text);
  if (value === undefined || !fits(value)) throw new UserError(`${option} must be ${wanted}, not "${text}"`);
  return value;
}

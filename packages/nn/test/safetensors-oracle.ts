// A second reader of safetensors, written from the format's description and sharing nothing with the first: its own
// JSON parser, sizes in BigInt, and a tally of every data byte in place of sorting. It says what bytes mean, or null.

export interface Meaning {
  tensors: Record<string, { dtype: string; shape: number[]; values: number[] }>;
  metadata: Record<string, string>;
}

type Json = string | bigint | Json[] | Map<string, Json>;

/** A JSON text of strings, integers, arrays and objects whose keys differ. Throws for any other. */
function parse(text: string): Json {
  let at = 0;
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    if (found === undefined) throw new Error(`unexpected ${text[at]} at ${at}`);
    at += found.length;
    return found;
  };
  const list = (open: RegExp, close: string, item: () => void): void => {
    take(open);
    take(/[ \t\r\n]*/y);
    if (text[at] === close) at++;
    else
      do item();
      while (take(/[,\]}]/y) === "," || (text[at - 1] !== close && take(/(?!)/y)));
  };
  const string = (): string => {
    const found: string = JSON.parse(take(/"(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/y));
    for (const letter of found) if (/^[\ud800-\udfff]$/.test(letter)) throw new Error("half a letter");
    return found;
  };
  const value = (): Json => {
    take(/[ \t\r\n]*/y);
    let result: Json;
    if (text[at] === '"') result = string();
    else if (text[at] === "[") {
      const items: Json[] = [];
      list(/\[/y, "]", () => items.push(value()));
      result = items;
    } else if (text[at] === "{") {
      const entries = new Map<string, Json>();
      list(/\{/y, "}", () => {
        take(/[ \t\r\n]*/y);
        const key = string();
        if (entries.has(key)) throw new Error(`${key} twice`);
        take(/[ \t\r\n]*:/y);
        entries.set(key, value());
      });
      result = entries;
    } else result = BigInt(take(/0|[1-9][0-9]*/y));
    take(/[ \t\r\n]*/y);
    return result;
  };
  const result = value();
  if (at < text.length) throw new Error("more after the end");
  return result;
}

const demand = (truth: boolean): void => {
  if (!truth) throw new Error("not a safetensors file");
};

const isSizes = (x: Json | undefined): x is bigint[] =>
  Array.isArray(x) && x.every((n) => typeof n === "bigint" && n < 2n ** 53n);

/** A 16-bit float, by the definition of IEEE 754: fields of sign, exponent and fraction. */
export function smallFloat(bits: number, exponentBits: number): number {
  const binary = bits.toString(2).padStart(16, "0");
  const exponent = Number.parseInt(binary.slice(1, 1 + exponentBits), 2);
  const fraction = Number.parseInt(binary.slice(1 + exponentBits), 2) / 2 ** (15 - exponentBits);
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = binary[0] === "1" ? -1 : 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

const decoders: Record<string, [string, bigint, (data: ArrayBuffer) => number[]]> = {
  F64: ["float64", 8n, (data) => [...new Float64Array(data)]],
  F32: ["float32", 4n, (data) => [...new Float32Array(data)]],
  F16: ["float32", 2n, (data) => [...new Uint16Array(data)].map((bits) => smallFloat(bits, 5))],
  BF16: ["float32", 2n, (data) => [...new Uint16Array(data)].map((bits) => smallFloat(bits, 8))],
  I64: ["int32", 8n, (data) => [...new BigInt64Array(data)].map((x) => (BigInt.asIntN(32, x) === x ? Number(x) : 0.5))],
  I32: ["int32", 4n, (data) => [...new Int32Array(data)]],
  BOOL: ["bool", 1n, (data) => [...new Uint8Array(data)].map((x) => (x < 2 ? x : 0.5))],
};

function interpret(bytes: Uint8Array): Meaning {
  demand(bytes.length >= 8);
  const length = [...bytes.subarray(0, 8)].reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);
  demand(length <= 100_000_000n && length <= BigInt(bytes.length - 8));
  const header = bytes.subarray(8, 8 + Number(length));
  demand(header[0] === "{".charCodeAt(0));
  const root = parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header));
  const data = bytes.slice(8 + Number(length));
  const owners = new Array<number>(data.length).fill(0);
  const meaning: Meaning = { tensors: Object.create(null), metadata: Object.create(null) };
  const empty: number[] = [];
  const spans: [number, number][] = [];
  for (const [name, entry] of root as Map<string, Json>) {
    demand(entry instanceof Map);
    const fields = entry as Map<string, Json>;
    if (name === "__metadata__") {
      for (const [key, text] of fields) {
        demand(typeof text === "string");
        meaning.metadata[key] = text as string;
      }
      continue;
    }
    demand([...fields.keys()].sort().join() === "data_offsets,dtype,shape");
    const [shape, offsets] = [fields.get("shape"), fields.get("data_offsets")];
    const [dtype, width, decode] = decoders[String(fields.get("dtype"))] ?? ["", 0n, () => []];
    if (!isSizes(shape) || !isSizes(offsets) || typeof fields.get("dtype") !== "string") throw new Error("fields");
    const [begin = 0n, end = 0n] = offsets;
    demand(width > 0n && offsets.length === 2 && end <= BigInt(data.length));
    demand(end - begin === shape.reduce((product, n) => product * n, width));
    for (let i = Number(begin); i < Number(end); i++) owners[i] = (owners[i] as number) + 1;
    spans.push([Number(begin), Number(end)]);
    if (begin === end) empty.push(Number(begin));
    const values = decode(data.slice(Number(begin), Number(end)).buffer);
    demand(dtype.startsWith("float") || values.every(Number.isInteger));
    meaning.tensors[name] = { dtype, shape: shape.map(Number), values };
  }
  demand(owners.every((count) => count === 1));
  demand(empty.every((place) => !spans.some(([begin, end]) => begin < place && place < end)));
  return meaning;
}

/** What the bytes mean, or null where they are not to the letter of the format. */
export function meaningOf(bytes: Uint8Array): Meaning | null {
  try {
    return interpret(bytes);
  } catch {
    return null;
  }
}

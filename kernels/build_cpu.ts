/**
 * Compiles `kernels/cpu/*.ts` (AssemblyScript) to one wasm module of SIMD passes and writes it, in
 * base64, to `kernels/cpu/passes.wasm.b64`, which the cpu device imports as text; beside it the
 * types of what the module exports, to `kernels/pass_signatures.ts`.
 *
 * Run it by `deno task build:simd` after a change; a test fails when a committed file is stale.
 */

import asc from "assemblyscript/asc";

const folder = new URL("./cpu/", import.meta.url);
const target = new URL("passes.wasm.b64", folder);
const signatures = new URL("./pass_signatures.ts", import.meta.url);

/** The compiled module, in base64 with lines of 100 characters. */
export async function compilePasses(): Promise<string> {
  const written = new Map<string, string | Uint8Array>();
  const { error, stderr } = await asc.main([
    ...["passes.ts", "--outFile", "passes.wasm"],
    ...["--runtime", "stub", "--importMemory", "--noExportMemory", "--noAssert", "--use", "abort="],
    ...["-O3", "--enable", "simd", "--enable", "relaxed-simd"],
    // the heap is never smaller: V8 then leaves out one of the two checks of every address
    ...["--initialMemory", "16"],
  ], {
    readFile(name) {
      try {
        // asc appends .ts to an import that has it already, as Deno's tools want it
        return Deno.readTextFileSync(new URL(name.replace(/\.ts\.ts$/, ".ts"), folder));
      } catch {
        return null; // asc probes several names for each import
      }
    },
    writeFile: (name, contents) => void written.set(name, contents),
    listFiles: () => [],
  });
  if (error) throw new Error(`Cannot compile kernels/cpu: ${error.message}\n${stderr.toString()}`);
  const bytes = written.get("passes.wasm") as Uint8Array;
  return bytes.toBase64().replace(/.{1,100}/g, "$&\n");
}

const HEADER = `// deno-fmt-ignore-file
// Written by \`deno task build:simd\` from kernels/cpu: what is said of a pass there stands here.

/**
 * What kernels/cpu/passes.ts exports. Addresses are bytes on the heap; rows, columns and counts are
 * elements. An address of 0 stands for "none" where that is allowed.
 */
export interface Passes {
`;

/** The types of the exported passes, with what is said of each. */
export function passSignatures(): string {
  const read = (name: string) => Deno.readTextFileSync(new URL(name, folder));
  const exported = read("passes.ts").matchAll(/export \{([^}]*)\} from "\.\/([^"]+)";/g);
  let text = HEADER;
  for (const [, names, file] of exported) {
    const source = read(file);
    for (const name of names.split(",").map((word) => word.trim()).filter(Boolean)) {
      text += signatureOf(name, source, file);
    }
  }
  return `${text}}\n`;
}

function signatureOf(name: string, source: string, file: string): string {
  const form = new RegExp(
    `((?:/\\*\\*(?:(?!\\*/)[^])*\\*/\\n)?)export function ${name}\\(([^)]*)\\): (\\w+)`,
  );
  const [, said, parameters, result] = form.exec(source) ?? [];
  if (result === undefined) throw new Error(`kernels/cpu/${file} has no pass "${name}"`);
  const inputs = parameters.split(",").map((each) => each.trim()).filter(Boolean)
    .map((each) => `${each.split(":")[0]}: number`);
  const lines = wrapped(inputs, `  ${name}(`, `): ${result === "void" ? "void" : "number"};`);
  return said.replace(/^(?=.)/gm, "  ") + lines;
}

/** One line where it fits, else the parameters in lines of their own. */
function wrapped(parts: string[], start: string, end: string): string {
  const line = `${start}${parts.join(", ")}${end}\n`;
  if (line.length <= 100) return line;
  let text = `${start}\n`, row = "   ";
  for (const part of parts) {
    if (row.length + part.length + 2 > 100) {
      text += `${row}\n`;
      row = "   ";
    }
    row += ` ${part},`;
  }
  return `${text}${row}\n  ${end}\n`;
}

if (import.meta.main) {
  const text = await compilePasses();
  await Deno.writeTextFile(target, text);
  await Deno.writeTextFile(signatures, passSignatures());
  console.error(`kernels/cpu/passes.wasm.b64: ${text.length} characters`);
}

/**
 * Compiles `kernels/cpu/*.ts` (AssemblyScript) to one wasm module of SIMD passes and writes it, in
 * base64, to `kernels/cpu/passes.wasm.b64`, which the cpu device imports as text.
 *
 * Run it by `deno task build:simd` after a change; a test fails when the committed file is stale.
 */

import asc from "assemblyscript/asc";

const folder = new URL("./cpu/", import.meta.url);
const target = new URL("passes.wasm.b64", folder);

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

if (import.meta.main) {
  const text = await compilePasses();
  await Deno.writeTextFile(target, text);
  console.error(`kernels/cpu/passes.wasm.b64: ${text.length} characters`);
}

/** Writes version after version of a file until it is killed: `endless_writer.ts PATH BYTES`. */

import { writeWhole } from "../../src/io/atomic_write.ts";
import { safetensorsPieces } from "../../src/io/safetensors.ts";

const [path, bytes] = Deno.args;
const end = performance.now() + 60_000; // should whoever kills it be gone
for (let version = 0; performance.now() < end; version++) {
  const values = new Int32Array(Number(bytes) / 4).fill(version);
  const half = values.length / 2;
  const tensors = new Map([
    ["a", { dtype: "I32" as const, shape: [half], bytes: values.subarray(0, half) }],
    ["b", { dtype: "I32" as const, shape: [half], bytes: values.subarray(half) }],
  ]);
  const metadata = { version: String(version) };
  await writeWhole(path, safetensorsPieces(tensors, metadata), { overwrite: true });
  if (version === 0) console.log("ready");
}

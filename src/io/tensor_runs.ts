/**
 * Reading tensors of a file, each to where it shall lie: those that follow each other in the file,
 * and in memory too, by one call, which goes on while our thread is busy.
 */

import type { InputFile } from "./read_file.ts";
import type { TensorSpan } from "./safetensors_header.ts";

export interface ReadingOptions {
  /** Tells by name which tensors are read; all when absent. */
  wanted?: (name: string) => boolean;
  /** Memory that the values of a tensor are read to; null: new memory. */
  reserve?: (span: TensorSpan) => Float32Array | null;
}

/**
 * The bytes of tensors by name.
 *
 * @param bodyOffset where in the file their spans count from
 * @throws {Error} a fault: not readable
 */
export async function readRuns(
  file: InputFile,
  bodyOffset: number,
  spans: ReadonlyMap<string, TensorSpan>,
  { wanted = () => true, reserve = () => null }: ReadingOptions,
): Promise<Map<string, Uint8Array>> {
  const places = new Map<string, Uint8Array>();
  const runs: { begin: number; end: number; into: Uint8Array | null; names: string[] }[] = [];
  const inFile = [...spans].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, span] of inFile) {
    if (!wanted(name)) continue;
    const { begin, end } = span, into = bytesIn(reserve(span));
    const last = runs.at(-1);
    if (last?.end === begin && areNeighbours(last.into, into)) {
      if (last.into) last.into = joined(last.into, end - begin);
      last.end = end;
      last.names.push(name);
    } else runs.push({ begin, end, into, names: [name] });
  }
  for (const { begin, end, into, names } of runs) {
    const block = into ?? await file.read(bodyOffset + begin, end - begin);
    if (into) await file.readInto(bodyOffset + begin, into);
    for (const name of names) {
      const span = spans.get(name)!;
      places.set(name, block.subarray(span.begin - begin, span.end - begin));
    }
  }
  return places;
}

function bytesIn(values: Float32Array | null): Uint8Array | null {
  return values && new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Whether the second piece of memory begins where the first ends; both null: none is there yet. */
function areNeighbours(first: Uint8Array | null, second: Uint8Array | null): boolean {
  if (first === null || second === null) return first === second;
  return first.buffer === second.buffer &&
    first.byteOffset + first.length === second.byteOffset;
}

function joined({ buffer, byteOffset, length }: Uint8Array, more: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length + more);
}

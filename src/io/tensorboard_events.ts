/**
 * Event files of TensorBoard: records of TFRecord, each a length and bytes with masked CRC-32C
 * sums, whose bytes are Event messages of protocol buffers. Formats: tensorflow:core/lib/io/
 * record_writer.h, core/util/event.proto, core/framework/summary.proto.
 */

/** Numbers of one moment, by their tags. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  wallTime: number;
  step: number;
  scalars: Record<string, number>;
}

/** The name by which TensorBoard knows such a file; `label` tells it from others of the second. */
export function eventFileName(wallTime: number, label: string): string {
  return `events.out.tfevents.${String(Math.floor(wallTime)).padStart(10, "0")}.${label}`;
}

/** A whole event file, in pieces. Values are float32. */
export function* eventFile(events: Iterable<ScalarEvent>): Generator<Uint8Array> {
  let first = true;
  for (const { wallTime, step, scalars } of events) {
    if (first) yield record([...double(1, wallTime), ...bytes(3, utf8("brain.Event:2"))]);
    first = false;
    const summary = Object.entries(scalars).flatMap(([tag, value]) =>
      bytes(1, [...bytes(1, utf8(tag)), ...float(2, value)])
    );
    yield record([
      ...double(1, wallTime),
      ...varint(2 << 3),
      ...varint(step),
      ...bytes(5, summary),
    ]);
  }
}

/** Length in 8 bytes, its sum, the bytes, their sum. */
function record(data: number[]): Uint8Array {
  const whole = new Uint8Array(16 + data.length);
  const view = new DataView(whole.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(whole.subarray(0, 8))), true);
  whole.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(whole.subarray(12, 12 + data.length))), true);
  return whole;
}

const utf8 = (text: string) => Array.from(new TextEncoder().encode(text));

/** A field of bytes, text or a message: wire type 2. */
function bytes(field: number, value: number[]): number[] {
  return [...varint(field << 3 | 2), ...varint(value.length), ...value];
}

/** Wire type 1. */
function double(field: number, value: number): number[] {
  return [...varint(field << 3 | 1), ...new Uint8Array(Float64Array.of(value).buffer)];
}

/** Wire type 5. */
function float(field: number, value: number): number[] {
  return [...varint(field << 3 | 5), ...new Uint8Array(Float32Array.of(value).buffer)];
}

/** Seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  const found: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) found.push(value % 128 + 128);
  return [...found, value];
}

/** record_writer.h turns sums and adds a constant, as records may hold sums themselves. */
function masked(sum: number): number {
  return ((sum >>> 15 | sum << 17) + 0xa282ead8) >>> 0;
}

/** Castagnoli's polynomial, its bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? rest >>> 1 ^ POLYNOMIAL : rest >>> 1;
  return rest;
});

function crc32c(data: Uint8Array): number {
  let sum = ~0;
  for (const byte of data) sum = sum >>> 8 ^ TABLE[(sum ^ byte) & 255];
  return ~sum >>> 0;
}

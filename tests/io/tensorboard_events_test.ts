import { assertEquals } from "@std/assert";
import { eventFile, eventFileName, type ScalarEvent } from "../../src/io/tensorboard_events.ts";

/** CRC-32C bit by bit, as RFC 3720 has it, and the mask of tensorflow:core/lib/hash/crc32c.h. */
function maskedSum(bytes: Uint8Array): number {
  let sum = 0xffffffffn;
  for (const byte of bytes) {
    sum ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) sum = sum & 1n ? (sum >> 1n) ^ 0x82f63b78n : sum >> 1n;
  }
  sum ^= 0xffffffffn;
  return Number((((sum >> 15n) | (sum << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

/** Fields of a message in order: number, and the bytes or the number that they hold. */
function fieldsOf(bytes: Uint8Array): [number, Uint8Array | number][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: [number, Uint8Array | number][] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = BigInt(bytes[at++]);
      value |= (byte & 127n) << shift;
      if (byte < 128n) return Number(value);
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const field = key >> 3;
    if ((key & 7) === 0) fields.push([field, varint()]);
    else if ((key & 7) === 1) fields.push([field, view.getFloat64((at += 8) - 8, true)]);
    else if ((key & 7) === 5) fields.push([field, view.getFloat32((at += 4) - 4, true)]);
    else {
      const length = varint();
      fields.push([field, bytes.subarray(at, at += length)]);
    }
  }
  return fields;
}

/** The records of a file, their sums checked. */
function recordsOf(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer);
  const records: Uint8Array[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(view.getBigUint64(at, true));
    assertEquals(view.getUint32(at + 8, true), maskedSum(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    assertEquals(view.getUint32(at + 12 + length, true), maskedSum(data));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

Deno.test("eventFile() writes records whose sums and messages another reader understands", async () => {
  assertEquals(
    maskedSum(new TextEncoder().encode("123456789")), // RFC 3720: 0xe3069283
    Number(((0xe3069283n >> 15n | 0xe3069283n << 17n) + 0xa282ead8n) & 0xffffffffn),
  );
  const events: ScalarEvent[] = [
    { wallTime: 1.7e9 + 0.25, step: 1, scalars: { "train/loss": 0.1, "train/lr": 1e-3 } },
    { wallTime: 1.7e9 + 9, step: 3_000_000_000, scalars: { "test/gr\u00fc\u00dfe": -2 } },
  ];
  const file = new Uint8Array(await new Blob([...eventFile(events)] as BlobPart[]).arrayBuffer());
  const [version, ...messages] = recordsOf(file).map(fieldsOf);
  const text = (value: Uint8Array | number) => new TextDecoder().decode(value as Uint8Array);
  assertEquals(version.map(([field]) => field), [1, 3]);
  assertEquals(text(version[1][1]), "brain.Event:2");
  assertEquals(
    messages.map(([[, wallTime], [, step], [, summary]]) => ({
      ...{ wallTime, step },
      scalars: fieldsOf(summary as Uint8Array).map(([field, value]) => {
        const [[, tag], [, number]] = fieldsOf(value as Uint8Array);
        return [field, text(tag), number];
      }),
    })),
    events.map(({ wallTime, step, scalars }) => ({
      ...{ wallTime, step },
      scalars: Object.entries(scalars).map(([tag, value]) => [1, tag, Math.fround(value)]),
    })),
  );
  assertEquals(eventFileName(12.9, "x"), "events.out.tfevents.0000000012.x");
});

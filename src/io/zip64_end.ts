/**
 * The records at an archive's end. Some programs, torch.save among them, write those of zip64
 * whatever the size; zip.js looks for them only where the plain record sends it there. Else it
 * expects the directory 76 bytes further on, where the second entry lies if the first has as many,
 * and takes the archive to be damaged: one whose first member's name has 30 characters.
 *
 * Source: PKWARE APPNOTE.TXT 6.3.10, 4.3.14 to 4.3.16.
 */

const PLAIN_BYTES = 22, LOCATOR_BYTES = 20, RECORD_BYTES = 56;
const PLAIN_SIGNATURE = 0x06054b50;
const LOCATOR_SIGNATURE = 0x07064b50;
const RECORD_SIGNATURE = 0x06064b50;
/** Where the plain record says the directory begins, and the zip64 one. */
const PLAIN_START = 16, RECORD_START = 48;

/** The bytes of the plain record that hold the directory's place. */
export const START_BYTES = 4;

/**
 * Where the plain record says at which byte the directory begins, in an archive without a comment
 * whose zip64 record says the same; null of others.
 */
export async function repeatedStart(
  source: { size: number; read(offset: number, length: number): Promise<Uint8Array> },
): Promise<number | null> {
  const length = PLAIN_BYTES + LOCATOR_BYTES, begin = source.size - length;
  if (begin < RECORD_BYTES) return null;
  const end = viewOf(await source.read(begin, length));
  if (
    end.getUint32(0, true) !== LOCATOR_SIGNATURE ||
    end.getUint32(LOCATOR_BYTES, true) !== PLAIN_SIGNATURE
  ) return null;
  const at = Number(end.getBigUint64(8, true));
  if (!(at <= begin - RECORD_BYTES)) return null;
  const record = viewOf(await source.read(at, RECORD_BYTES));
  const start = BigInt(end.getUint32(LOCATOR_BYTES + PLAIN_START, true));
  const same = record.getUint32(0, true) === RECORD_SIGNATURE &&
    record.getBigUint64(RECORD_START, true) === start;
  return same ? begin + LOCATOR_BYTES + PLAIN_START : null;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

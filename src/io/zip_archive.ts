/**
 * Zip archives, zip64 included, by random access: the directory and the members asked for are read,
 * and no more.
 *
 * Source: PKWARE APPNOTE.TXT 6.3.10; read by zip.js, its rules for what two programs could read
 * differently set to refuse.
 */

import {
  configure,
  type Entry,
  type FileEntry,
  Reader,
  Uint8ArrayWriter,
  ZipReader,
} from "@zip.js/zip.js";
import { constants, crc32, inflateRawSync } from "node:zlib";
import { fault, isFault } from "../fault.ts";
import { foreignKind, kindBytes } from "./foreign_kinds.ts";
import { isRefusedByPlace, writeBelowLimit } from "./file_system.ts";
import { requireRoom } from "./read_file.ts";
import { repeatedStart, START_BYTES } from "./zip64_end.ts";

// Its workers would keep the program alive for seconds.
configure({ useWebWorkers: false });

/** Bytes at known places: an InputFile, or what a test holds in memory. */
export interface ByteSource {
  /** For messages. */
  readonly path: string;
  readonly size: number;
  /** The bytes [offset, offset + length); throws where the source ends before. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A member may unpack to {@link FREE_BYTES} and this times its packed bytes. */
const MOST_TIMES = 20;
const FREE_BYTES = 16 * 2 ** 20;
const STORED = 0, DEFLATED = 8;
/** A member's own header before its name. */
const LOCAL_BYTES = 30;
const LOCAL_SIGNATURE = 0x04034b50;
/** Packed bytes beyond those asked for that surely hold them. */
const HEAD_BYTES = 4096;
const copyAgain = "copy or download it again";

/** The bytes of a member that is not packed. */
export interface StoredMember {
  offset: number;
  size: number;
  /** CRC-32 of all of them. */
  checksum: number;
}

/** The files of an archive by their whole names; folders are left out. */
export interface ZipArchive {
  /** In the order of the directory. */
  names: string[];
  /** Bytes of a member, as the directory has them. */
  sizeOf(name: string): number;
  /**
   * The first bytes of a member, unpacked, at least `least` of them where it has so many; no
   * checksum is compared.
   *
   * @throws as `read`
   */
  head(name: string, least: number): Promise<Uint8Array>;
  /** Where the bytes of a member lie that is stored as it is; null of a packed one. */
  stored(name: string): Promise<StoredMember | null>;
  /**
   * A member's bytes, unpacked, its checksum compared.
   *
   * @throws {SyntaxError | RangeError} a fault: damaged, or it unpacks to far more than it takes
   */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Writes a member, unpacked, into a file, whose memory does not grow with it; its checksum is
   * compared.
   *
   * @throws as `read`; what was written of a damaged one stays
   */
  unpack(name: string, path: string): Promise<void>;
}

/**
 * Reads the directory of an archive.
 *
 * @throws {SyntaxError} a fault: no zip archive, cut short, or with members that are encrypted, lie
 *     outside
 * of their folder, over another or twice under one name
 */
export async function openZip(source: ByteSource): Promise<ZipArchive> {
  const attempted = `Cannot read "${source.path}"`;
  const refused = (problem: string) => fault(SyntaxError, `${attempted}: ${problem}`);
  const head = await source.read(0, Math.min(kindBytes, source.size));
  if (!(head[0] === 0x50 && head[1] === 0x4b)) {
    throw refused(foreignKind(head, "tensors") ?? `it is no zip archive; ${copyAgain}`);
  }
  let entries: Entry[];
  try {
    entries = await new ZipReader(new SourceReader(source, await repeatedStart(source)), {
      strictness: "balanced",
      filenameValidation: "tolerant",
      checkSignature: true,
      checkOverlappingEntry: true,
    }).getEntries();
  } catch (error) {
    throw refused(`its directory is damaged or cut off (${firstLine(error)}); ${copyAgain}`);
  }
  const members = new Map<string, FileEntry>();
  for (const entry of entries) {
    const { filename: name } = entry;
    if (leavesFolder(name)) throw refused(`member "${name}" lies outside of the archive's folder`);
    if (entry.encrypted) throw refused(`member "${name}" is encrypted; unpack it first`);
    if (entry.directory) continue;
    if (members.has(name)) throw refused(`it holds "${name}" twice; pack it again`);
    members.set(name, entry);
  }
  const memberOf = (name: string) => {
    const entry = members.get(name);
    if (entry === undefined) throw refused(`it has no member "${name}"; ${copyAgain}`);
    return entry;
  };
  const requireBound = (name: string) => {
    const { uncompressedSize: size, compressedSize: packed } = memberOf(name);
    if (size <= FREE_BYTES + MOST_TIMES * packed) return;
    throw fault(
      RangeError,
      `${attempted}: member "${name}" of ${packed} bytes would unpack to ${size}, at most ` +
        `${MOST_TIMES} times its size and 16 MB are read; unpack it first, if you trust it`,
    );
  };
  /** Where the data of a member begin: behind its own header, whose length the directory lacks. */
  const dataOffset = async (name: string): Promise<number> => {
    const { offset } = memberOf(name);
    const begin = Math.min(offset, source.size);
    const local = await source.read(begin, Math.min(LOCAL_BYTES, source.size - begin));
    const view = new DataView(local.buffer, local.byteOffset, local.length);
    if (local.length < LOCAL_BYTES || view.getUint32(0, true) !== LOCAL_SIGNATURE) {
      throw refused(`member "${name}" does not begin where the directory says; ${copyAgain}`);
    }
    return offset + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  };
  const within = (name: string, begin: number, length: number) => {
    if (begin + length <= source.size) return;
    throw refused(`member "${name}" reaches past its end; ${copyAgain}`);
  };
  const storedMember = async (name: string): Promise<StoredMember> => {
    const { uncompressedSize: size, compressedSize, signature } = memberOf(name);
    const offset = await dataOffset(name);
    if (size !== compressedSize) {
      throw refused(`member "${name}" is stored, yet has two sizes; ${copyAgain}`);
    }
    within(name, offset, size);
    return { offset, size, checksum: signature! };
  };
  /** The bytes of a member whose checksum was not compared. */
  const unpacked = async (entry: FileEntry): Promise<Uint8Array<ArrayBuffer>> => {
    const writer = new Uint8ArrayWriter();
    if (entry.compressionMethod !== STORED) {
      return await entry.getData(writer, { checkSignature: false });
    }
    // What it checks of headers, and the bytes in one piece in place of one for every 64 KB.
    await entry.getData(writer, { checkOverlappingEntryOnly: true });
    const { offset, size } = await storedMember(entry.filename);
    return await source.read(offset, size);
  };
  return {
    names: [...members.keys()],
    sizeOf: (name) => memberOf(name).uncompressedSize,
    async stored(name) {
      return memberOf(name).compressionMethod === STORED ? await storedMember(name) : null;
    },
    async head(name, least) {
      const { compressionMethod, uncompressedSize, compressedSize } = memberOf(name);
      requireBound(name);
      const offset = await dataOffset(name);
      const most = Math.min(least, uncompressedSize);
      // What is packed takes a little more where packing did not help.
      const length = Math.min(compressedSize, least + HEAD_BYTES);
      within(name, offset, length);
      const packed = await source.read(offset, length);
      if (compressionMethod === STORED) return packed.subarray(0, most);
      if (compressionMethod !== DEFLATED) {
        throw refused(`member "${name}" is packed by another method than deflate; pack it again`);
      }
      try {
        // Its end is cut off: what could be unpacked before comes back.
        const bytes = inflateRawSync(packed, { finishFlush: constants.Z_SYNC_FLUSH });
        if (bytes.length >= most) return bytes.subarray(0, uncompressedSize);
      } catch (error) {
        throw refused(`member "${name}" is damaged (${firstLine(error)}); ${copyAgain}`);
      }
      throw refused(`member "${name}" is cut off; ${copyAgain}`);
    },
    async unpack(name, path) {
      requireBound(name);
      const file = await Deno.open(path, { write: true, create: true, truncate: true });
      try {
        await writeBelowLimit(() => memberOf(name).getData(file.writable));
      } catch (error) {
        // Of a full disk the disk is told, not the archive.
        if (isRefusedByPlace(error)) throw error;
        throw refused(`member "${name}" is damaged (${firstLine(error)}); ${copyAgain}`);
      }
    },
    async read(name) {
      const entry = memberOf(name);
      const { uncompressedSize: size } = entry;
      requireBound(name);
      requireRoom(size, `${attempted}, member "${name}"`);
      let bytes: Uint8Array<ArrayBuffer>;
      try {
        bytes = await unpacked(entry);
      } catch (error) {
        if (isFault(error)) throw error;
        throw refused(`member "${name}" is damaged (${firstLine(error)}); ${copyAgain}`);
      }
      if (bytes.length === size && crc32(bytes) !== entry.signature) {
        throw refused(`member "${name}" is damaged (its checksum is another); ${copyAgain}`);
      }
      if (bytes.length !== size) {
        throw refused(
          `member "${name}" unpacks to ${bytes.length} bytes, its directory says ${size}; ${copyAgain}`,
        );
      }
      return bytes;
    },
  };
}

class SourceReader extends Reader<ByteSource> {
  /** @param start as {@link repeatedStart} gave it: read as if the zip64 record alone said it */
  constructor(private readonly source: ByteSource, private readonly start: number | null) {
    super(source);
    this.size = source.size;
  }

  /** zip.js asks beyond the end where a record may be longer than it is. */
  override async readUint8Array(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const begin = Math.min(offset, this.source.size);
    const bytes = await this.source.read(begin, Math.min(length, this.source.size - begin));
    if (this.start === null) return bytes;
    const at = this.start - begin;
    if (at >= bytes.length || at + START_BYTES <= 0) return bytes;
    return bytes.slice().fill(0xff, Math.max(0, at), at + START_BYTES);
  }
}

function leavesFolder(name: string): boolean {
  return /^([/\\]|[A-Za-z]:)/.test(name) || name.includes("\\") || name.includes("\0") ||
    name.split("/").includes("..");
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0];
}

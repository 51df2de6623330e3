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
import { fault } from "../fault.ts";
import { foreignKind, kindBytes } from "./foreign_kinds.ts";
import { requireRoom } from "./read_file.ts";

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
const copyAgain = "copy or download it again";

/** The files of an archive by their whole names; folders are left out. */
export interface ZipArchive {
  /** In the order of the directory. */
  names: string[];
  /** Bytes of a member, as the directory has them. */
  sizeOf(name: string): number;
  /**
   * A member's bytes, unpacked, its checksum compared.
   *
   * @throws {SyntaxError | RangeError} a fault: damaged, or it unpacks to far more than it takes
   */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
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
    entries = await new ZipReader(new SourceReader(source), {
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
  return {
    names: [...members.keys()],
    sizeOf: (name) => memberOf(name).uncompressedSize,
    async read(name) {
      const entry = memberOf(name);
      const { uncompressedSize: size, compressedSize: packed } = entry;
      if (size > FREE_BYTES + MOST_TIMES * packed) {
        throw fault(
          RangeError,
          `${attempted}: member "${name}" of ${packed} bytes would unpack to ${size}, at most ` +
            `${MOST_TIMES} times its size and 16 MB are read; unpack it first, if you trust it`,
        );
      }
      requireRoom(size, `${attempted}, member "${name}"`);
      let bytes: Uint8Array<ArrayBuffer>;
      try {
        bytes = await entry.getData(new Uint8ArrayWriter());
      } catch (error) {
        throw refused(`member "${name}" is damaged (${firstLine(error)}); ${copyAgain}`);
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
  constructor(private readonly source: ByteSource) {
    super(source);
    this.size = source.size;
  }

  /** zip.js asks beyond the end where a record may be longer than it is. */
  override async readUint8Array(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const begin = Math.min(offset, this.source.size);
    return await this.source.read(begin, Math.min(length, this.source.size - begin));
  }
}

function leavesFolder(name: string): boolean {
  return /^([/\\]|[A-Za-z]:)/.test(name) || name.includes("\\") || name.includes("\0") ||
    name.split("/").includes("..");
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0];
}

/**
 * The members by the last part of their names, as data sets ask for a video's file.
 *
 * @throws {SyntaxError} a fault: two folders hold files of one name, of which one would be lost
 */
export function byBaseName({ names }: ZipArchive, path: string): Map<string, string> {
  const members = new Map<string, string>();
  for (const name of names) {
    const base = name.slice(name.lastIndexOf("/") + 1);
    const other = members.get(base);
    if (other !== undefined) {
      throw fault(
        SyntaxError,
        `Cannot read "${path}": it holds both "${other}" and "${name}", and files are asked for by the ` +
          "last part of their names; pack one of them",
      );
    }
    members.set(base, name);
  }
  return members;
}

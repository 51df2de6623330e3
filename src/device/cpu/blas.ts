/**
 * The system's BLAS over FFI (blas_gemm.ts multiplies by it).
 *
 * `findBlas` looks where distributions, conda, Homebrew and the vendors put one, then at those of
 * own_blas.ts; `--blas PATH` names it. Without a BLAS, or without the permission (`--allow-ffi`),
 * the cpu device multiplies in wasm SIMD.
 */

import { fault } from "../../fault.ts";
import { entryAt, NO_FILE } from "../../io/read_file.ts";
import { aloneBy, chooseCore, letThreadsSleep } from "./openblas_core.ts";
import { carriedBlasFolder, OWN_BLAS, OWN_NEIGHBOURS, ownBlasFolder } from "./own_blas.ts";
import { subnormalMode } from "./subnormals.ts";

export const ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112; // cblas.h

// Addresses as numbers ("usize"), not pointer objects: nothing is allocated per call.
export const SGEMM = {
  parameters: [
    ...["i32", "i32", "i32", "i32", "i32", "i32", "f32", "usize", "i32", "usize", "i32"],
    ...["f32", "usize", "i32"],
  ] as Deno.NativeType[],
  result: "void",
} as const;

type Sgemm = (...values: number[]) => void;

/** A BLAS that was opened. */
export interface Blas {
  path: string;
  /** "OpenBLAS 0.3.21", "MKL", "BLIS", "Accelerate", or "BLAS" where the library does not say. */
  name: string;
  /** Threads that it uses; undefined where the library does not say. */
  threads?: number;
  /** OpenBLAS's name of the kernels that it took for this processor: "SkylakeX". */
  core?: string;
  sgemm: Sgemm;
  /**
   * Runs `body`, within which each product is computed by the thread that asks for it, and several
   * threads may; absent: that is not known of this BLAS.
   */
  alone?: <T>(body: () => T) => T;
}

/** What a search came to: a BLAS, or the reason and the remedy. */
export interface BlasSearch {
  blas?: Blas;
  advice?: string;
}

/**
 * Opens a BLAS: the one at `choice`, none for "off", else the first found in the usual places.
 *
 * @throws {Error} `choice` is a path and no BLAS can be opened there
 */
export function findBlas(choice?: string): BlasSearch {
  if (choice === "off") return { advice: "The BLAS is off (--blas off)" };
  if (choice !== undefined) return { blas: openNamed(choice) };
  const allowed = candidates(Deno.build.os, environment).filter(mayOpen);
  if (allowed.length === 0) {
    return { advice: `No permission to call a BLAS: run with --allow-ffi. ${GAIN}` };
  }
  for (const path of allowed) {
    const blas = open(path);
    if (!(blas instanceof Error)) return { blas };
  }
  return { advice: `No BLAS found: ${HOW_TO_GET[Deno.build.os] ?? HOW_TO_GET.linux}. ${GAIN}` };
}

function mayOpen(path: string): boolean {
  return Deno.permissions.querySync({ name: "ffi", path }).state === "granted";
}

const GAIN = "Until then products run in wasm, several times slower";
const HOW_TO_GET: Record<string, string> = {
  linux: "install one (Debian, Ubuntu: apt install libopenblas0-pthread; Fedora: dnf install " +
    "openblas-threads; Arch: pacman -S blas-openblas; conda install openblas; without root on Debian and Ubuntu: wsvad doctor --install-blas) or name it " +
    "by --blas PATH",
  darwin: "Accelerate should be part of macOS; name another by --blas PATH",
  windows: "unpack OpenBLAS from github.com/OpenMathLib/OpenBLAS/releases and name it by " +
    "--blas C:\\path\\libopenblas.dll",
};

function openNamed(path: string): Blas {
  if (!mayOpen(path)) {
    throw fault(Error, `Cannot open the BLAS "${path}": no permission; run with --allow-ffi`);
  }
  const attempted = `Cannot open the BLAS "${path}"`;
  const entry = path.includes("/") ? entryAt(path, attempted) : null;
  if (entry?.isFile() === false) throw fault(Error, `${attempted}: ${NO_FILE}`); // a pipe waits
  const blas = open(path);
  if (blas instanceof Error) {
    throw fault(
      Error,
      `Cannot open the BLAS "${path}": ${
        blas.message.replace(/^(Could not open library: )+/, "")
      }; name a shared library that exports ` +
        "cblas_sgemm with 32-bit integers, or leave --blas out",
    );
  }
  return blas;
}

/**
 * What a BLAS of ours needs lies beside it, where the system's linker does not look.
 */
function loadNeighbours(path: string): void {
  const folder = [ownBlasFolder(environment), carriedBlasFolder]
    .find((folder) => path === `${folder}/${OWN_BLAS}`);
  if (folder === undefined) return;
  for (const name of OWN_NEIGHBOURS) {
    try {
      Deno.dlopen(`${folder}/${name}`, {}); // found by its name when the BLAS asks for it
    } catch {
      // not there: the system has it
    }
  }
}

const opened = new Map<string, Blas>(); // a library stays loaded for the life of the process

function open(path: string): Blas | Error {
  const known = opened.get(path);
  if (known) return known;
  const subnormals = subnormalMode();
  try {
    subnormals?.flush(); // the library's threads begin as this one is
    letThreadsSleep();
    loadNeighbours(path);
    chooseCore(path);
    const library = Deno.dlopen(path, { cblas_sgemm: SGEMM });
    const sgemm = library.symbols.cblas_sgemm as unknown as Sgemm;
    if (!multiplies(sgemm)) {
      return new Error("its cblas_sgemm gives a wrong product (a build with 64-bit integers?)");
    }
    const blas = { path, sgemm, ...identify(path) };
    opened.set(path, blas);
    return blas;
  } catch (error) {
    return error as Error;
  } finally {
    subnormals?.restore();
  }
}

/**
 * C = 2 A^T B + C for A = [[1, 2], [3, 4]], B = [[5, 6], [7, 8]], C = 1: whether arguments arrive.
 */
function multiplies(sgemm: Sgemm): boolean {
  const a = Float32Array.of(1, 2, 3, 4), b = Float32Array.of(5, 6, 7, 8);
  const c = new Float32Array(4).fill(1);
  const [aAt, bAt, cAt] = [a, b, c].map(addressOf);
  sgemm(ROW_MAJOR, TRANSPOSE, NO_TRANSPOSE, 2, 2, 2, 2, aAt, 2, bAt, 2, 1, cAt, 2);
  return String(c) === "53,61,77,89";
}

function addressOf(values: Float32Array<ArrayBuffer>): number {
  return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(values)));
}

/** Names of shared libraries to try, best first. Bare names go through the system's own search. */
export function candidates(
  os: typeof Deno.build.os,
  variable: (name: string) => string | undefined,
): string[] {
  if (os === "darwin") {
    return [
      "/System/Library/Frameworks/Accelerate.framework/Accelerate",
      "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
      "/usr/local/opt/openblas/lib/libopenblas.dylib",
    ];
  }
  const conda = variable("CONDA_PREFIX");
  if (os === "windows") {
    return [
      ...(conda
        ? [`${conda}\\Library\\bin\\mkl_rt.2.dll`, `${conda}\\Library\\bin\\openblas.dll`]
        : []),
      ...["libopenblas.dll", "openblas.dll", "mkl_rt.2.dll"],
    ];
  }
  // libblas.so.3 is left out: it may be the reference BLAS, slower than our own product.
  const names = [
    ...[
      "libopenblas.so.0",
      "libopenblasp.so.0",
      "libopenblas.so",
      "libmkl_rt.so.2",
      "libmkl_rt.so",
    ],
    ...["libblis.so.4", "libblis.so.3", "libblis-mt.so.4", "libflexiblas.so.3"],
  ];
  const mkl = variable("MKLROOT");
  const folders = [
    ...(conda ? [`${conda}/lib`] : []),
    ...(mkl ? [`${mkl}/lib`, `${mkl}/lib/intel64`] : []),
    ...["/usr/local/lib", "/opt/OpenBLAS/lib", "/opt/intel/oneapi/mkl/latest/lib"],
    ...["/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"],
    ...["/home/linuxbrew/.linuxbrew/lib"],
  ];
  // By `doctor --install-blas`, then carried; the system's own goes first.
  const ours = [ownBlasFolder(variable), carriedBlasFolder]
    .flatMap((folder) => folder ? [`${folder}/${OWN_BLAS}`] : []);
  return [
    ...names,
    ...folders.flatMap((folder) => names.map((name) => `${folder}/${name}`)),
    ...ours,
  ];
}

/** Where a BLAS comes from, in words: the same library may be there twice. */
export function blasOrigin(path: string): string {
  if (path === `${carriedBlasFolder}/${OWN_BLAS}`) return "carried by this executable";
  const own = ownBlasFolder(environment);
  return path === `${own}/${OWN_BLAS}` ? "by doctor --install-blas" : "the system's";
}

export function environment(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

/** Which BLAS a library is, by the functions that only it has. */
function identify(path: string): Pick<Blas, "name" | "threads" | "core" | "alone"> {
  const text = { parameters: [], result: "pointer" } as const;
  const count = { parameters: [], result: "i32" } as const;
  const openblas = symbols(path, {
    openblas_get_config: text,
    openblas_get_corename: text,
    openblas_get_num_threads: count,
    openblas_get_parallel: count,
    openblas_set_num_threads: { parameters: ["i32"], result: "void" } as const,
  });
  if (openblas) {
    const textAt = (pointer: Deno.PointerValue) =>
      pointer ? new Deno.UnsafePointerView(pointer).getCString() : undefined;
    const config = textAt(openblas.openblas_get_config()) ?? "OpenBLAS";
    const threads = openblas.openblas_get_num_threads();
    return {
      name: config.split(" ").slice(0, 2).join(" "),
      core: textAt(openblas.openblas_get_corename()),
      threads,
      // A build for one thread has no locks.
      ...(openblas.openblas_get_parallel() > 0
        ? { alone: aloneBy(threads, (count) => openblas.openblas_set_num_threads(count)) }
        : {}),
    };
  }
  const mkl = symbols(path, { MKL_Get_Max_Threads: count });
  if (mkl) return { name: "MKL", threads: mkl.MKL_Get_Max_Threads() };
  const blis = symbols(path, {
    bli_thread_get_num_threads: { parameters: [], result: "i64" } as const,
    bli_thread_set_num_threads: { parameters: ["i64"], result: "void" } as const,
  });
  if (blis) {
    // BLIS starts with one thread unless its environment variables say otherwise
    const threads = Math.max(
      Number(blis.bli_thread_get_num_threads()),
      navigator.hardwareConcurrency,
    );
    blis.bli_thread_set_num_threads(BigInt(threads));
    return { name: "BLIS", threads };
  }
  return { name: path.includes("Accelerate") ? "Accelerate" : "BLAS" };
}

function symbols<const S extends Deno.ForeignLibraryInterface>(path: string, wanted: S) {
  try {
    return Deno.dlopen(path, wanted).symbols;
  } catch {
    return undefined; // another make of BLAS
  }
}

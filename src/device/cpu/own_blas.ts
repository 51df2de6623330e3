/**
 * BLAS libraries that lie where the system's linker does not look: the one that `wsvad doctor
 * --install-blas` puts there for somebody without root, and the one that an executable carries.
 */

import { fileURLToPath } from "node:url";

export const OWN_BLAS = "libopenblas.so.0";

/** What Debian's OpenBLAS needs beside the C library, in the order of loading. */
export const OWN_NEIGHBOURS = ["libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5"];

/** In the user's cache folder; undefined where there is none. */
export function ownBlasFolder(
  variable: (name: string) => string | undefined,
): string | undefined {
  const cache = variable("XDG_CACHE_HOME"), home = variable("HOME");
  if (cache?.startsWith("/")) return `${cache}/wsvad/blas`;
  return home?.startsWith("/") ? `${home}/.cache/wsvad/blas` : undefined;
}

/** Name of the folder beside the bundle of an executable; from source there is none. */
export const CARRIED_BLAS = "carried_blas";

/** Where an executable's own BLAS lies, if it was built with one. */
export const carriedBlasFolder = fileURLToPath(new URL(CARRIED_BLAS, import.meta.url));

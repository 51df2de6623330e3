/**
 * Where `wsvad doctor --install-blas` puts a BLAS for somebody without root, and where it is found
 * again.
 */

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

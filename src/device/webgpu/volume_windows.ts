/** Windows over frames, rows and columns, as kernels are told of them. */

/** Places of a volume that outputs see, each a list of frames, rows and columns. */
export interface VolumeWindows {
  kernel: readonly number[];
  stride: readonly number[];
  /** Places before the first at which windows begin. */
  front: readonly number[];
  /** Windows along each axis. */
  out: readonly number[];
}

/** Where there are none. */
const NONE: VolumeWindows = {
  ...{ kernel: [1, 1, 1], stride: [1, 1, 1], front: [0, 0, 0], out: [1, 1, 1] },
};

/** Uniforms of a volume [N, T, H, W, C] and of windows over it. */
export function volumeUniforms(
  [, T, H, W, C]: number[],
  { kernel, stride, front, out }: VolumeWindows,
): Record<string, number> {
  const named = (letters: string[], [t, h, w]: readonly number[]) => ({
    [letters[0]]: t,
    [letters[1]]: h,
    [letters[2]]: w,
  });
  return {
    ...{ T, H, W, C },
    ...named(["kt", "kh", "kw"], kernel),
    ...named(["st", "sh", "sw"], stride),
    ...named(["pt", "ph", "pw"], front),
    ...named(["ot", "oh", "ow"], out),
  };
}

/** The same for a kernel that runs on a plain matrix. */
export function noVolume(): Record<string, number> {
  return volumeUniforms([1, 1, 1, 1, 1], NONE);
}

/** The frames of the segments of the official C3D files. */

import { fault } from "../fault.ts";

/**
 * Bounds of the segments of the official C3D files, [S + 1], as 0-based clips of 16 frames: segment
 * i covers the clips bounds[i] up to, but not including, bounds[i + 1], or clip bounds[i] alone
 * where that range is empty.
 *
 * Source: WaqasSultani/AnomalyDetectionCVPR2018:Save_C3DFeatures_32Segments.m and
 * Evaluate_Anomaly_Detector.m, `round(linspace(1, n, 33))` with n = floor(frames / 16), less 1. The
 * last of the n clips belongs to no segment, unless the last segment is empty (n <= 17 for 32
 * segments).
 *
 * @throws {RangeError} with fewer than 16 frames: there is no clip
 */
export function c3dBounds(frames: number, segments = 32): Int32Array {
  const clips = Math.floor(frames / 16);
  if (!(clips >= 1)) {
    throw fault(
      RangeError,
      `Cannot lay ${segments} segments over ${frames} frames: the official bounds count whole clips of 16 frames; use a longer video`,
    );
  }
  if (!Number.isInteger(segments) || segments < 1) {
    throw fault(
      RangeError,
      `Cannot lay ${segments} segments over ${frames} frames: the number of segments must be a positive integer`,
    );
  }
  const bounds = new Int32Array(segments + 1);
  // Matlab rounds halves up; i * (clips - 1) / segments hits a half exactly or not at all.
  for (let i = 0; i <= segments; i++) bounds[i] = Math.floor(i * (clips - 1) / segments + 0.5);
  return bounds;
}

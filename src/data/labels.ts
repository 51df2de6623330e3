/** The labels of videos as rows of 0 and 1, a column a class. */

/**
 * Labels [B, K] from the class ids of each video: a row of several ones where a video belongs to
 * several classes, as on XD-Violence.
 */
export function multiHot(classIds: readonly (readonly number[])[], classes: number): Float32Array {
  const labels = new Float32Array(classIds.length * classes);
  classIds.forEach((ids, b) => {
    for (const id of ids) {
      if (id >= classes) throw new RangeError(`Cannot label class ${id} of ${classes}`);
      labels[b * classes + id] = 1;
    }
  });
  return labels;
}

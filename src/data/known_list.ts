/**
 * Lists of the official repositories, known again by name and number of rows. Some of them tell
 * labels by their order alone: their code takes the first rows for abnormal ones.
 */

import { fault } from "../fault.ts";
import type { KnownList } from "../sets/data_set.ts";
import { type DataSetName, dataSets, knownLists } from "../sets/index.ts";
import type { ListRow } from "./list_text.ts";
import { baseName, videoIdOf } from "./video_id.ts";

/** A list, and what its name and rows say of it. */
export interface RecognisedList {
  rows: ListRow[];
  /** A sentence for the log; null of an unknown list. */
  note: string | null;
}

/**
 * Gives the rows of a known list their labels by order, where it has no column of labels and the
 * ids of its videos say nothing else.
 *
 * @throws {RangeError} a fault: the list is of another data set than `classes` has the rules of
 */
export function recogniseList(
  rows: ListRow[],
  path: string,
  classes: DataSetName,
): RecognisedList {
  const found = knownLists(baseName(path), rows.length)
    .find(({ name }) => isOf(name, rows[0].path));
  if (found === undefined) return { rows, note: null };
  const { name, list } = found;
  const { title } = dataSets[name];
  if (name !== classes && dataSets[classes].origin !== null) {
    throw fault(
      RangeError,
      `Cannot read the list "${path}" by the rules of ${
        dataSets[classes].title
      }: it is a list of ${title} (${list.of}); set data.classes=${name}`,
    );
  }
  const what = `${title}, ${list.split}, as in ${list.of}`;
  const odd = outOfOrder(name, list, rows);
  if (odd !== null) {
    return { rows, note: `${what}, but in another order (see row ${odd + 1}): labels by name` };
  }
  const { abnormalFirst } = list;
  if (abnormalFirst === undefined) return { rows, note: what };
  const labelled = rows.map((row, i) => ({
    ...row,
    label: row.label ?? (i < abnormalFirst ? "Abnormal" : "Normal"),
  }));
  return { rows: labelled, note: `${what}, the first ${abnormalFirst} rows are abnormal` };
}

/** Whether the data set knows the id of a row. */
function isOf(name: DataSetName, path: string): boolean {
  return sideOf(name, path) !== null;
}

/** Whether a row is abnormal by its name; null where that does not tell. */
function sideOf(name: DataSetName, path: string): boolean | null {
  const { classesOf } = dataSets[name];
  const id = videoIdOf(path);
  // PEL4VAD's rows of ShanghaiTech end with a crop number.
  const ids = classesOf(id) ?? classesOf(id.replace(/_\d{1,2}$/, ""));
  return ids === null ? null : ids[0] > 0;
}

/** The first row whose name contradicts the order of the list; null where none does. */
function outOfOrder(
  name: DataSetName,
  { abnormalFirst }: KnownList,
  rows: readonly ListRow[],
): number | null {
  if (abnormalFirst === undefined) return null;
  const row = rows.findIndex(({ path }, i) => {
    const side = sideOf(name, path);
    return side !== null && side !== i < abnormalFirst;
  });
  return row < 0 ? null : row;
}

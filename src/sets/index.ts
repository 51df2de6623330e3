/**
 * The data sets, by their names in `data.classes`: a new one is a file and a line here, or a
 * plugin.
 */

import { binary } from "./binary.ts";
import type { DataSet, KnownList } from "./data_set.ts";
import { shanghaitech } from "./shanghaitech.ts";
import { ucfCrime } from "./ucf_crime.ts";
import { xdViolence } from "./xd_violence.ts";

/** A key of {@link dataSets}, built in or of a plugin. */
export type DataSetName = string;

export const dataSets: Record<DataSetName, DataSet> = {
  ucf_crime: ucfCrime,
  xd_violence: xdViolence,
  shanghaitech,
  binary,
};

/** The names of the data sets that there are now. */
export const dataSetNames = (): [DataSetName, ...DataSetName[]] =>
  Object.keys(dataSets) as [DataSetName, ...DataSetName[]];

/** The names of all classes of all data sets, each once. */
export const classNames = (): string[] => [
  ...new Set(Object.values(dataSets).flatMap(({ classes }) => classes)),
];

/** A list that is known, and the data set that it belongs to. */
export interface FoundList {
  name: DataSetName;
  list: KnownList;
}

/**
 * The known lists of a file name and a number of rows; several where repositories use the same.
 *
 * @param fileName without folders
 */
export function knownLists(fileName: string, rows: number): FoundList[] {
  return dataSetNames().flatMap((name) =>
    dataSets[name].lists
      .filter((list) => list.file === fileName && list.rows === rows)
      .map((list) => ({ name, list }))
  );
}

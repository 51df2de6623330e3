/** `wsvad data list`: the data sets and feature sets that are known. */

import { knownFeatures } from "../data/known_features.ts";
import { hubSets } from "../hub/hub_sets.ts";
import { weightFiles } from "../hub/weight_files.ts";
import { dataSetNames, dataSets } from "../sets/index.ts";

export interface KnownData {
  sets: {
    name: string;
    title: string;
    source: string;
    licence: string;
    train: string;
    test: string;
    classes: number;
    /** Lists of the official repositories that are known again by name and rows. */
    lists: string[];
  }[];
  hub: typeof hubSets;
  weights: typeof weightFiles;
  features: typeof knownFeatures;
}

export function listData(): KnownData {
  return {
    sets: dataSetNames().map((name) => {
      const { title, origin, splits, classes, lists } = dataSets[name];
      const count = (split: "train" | "test") =>
        splits === null ? "" : `${splits[split].videos} (${splits[split].abnormal} abnormal)`;
      return {
        name,
        title,
        source: origin?.source ?? "your own videos",
        licence: origin?.licence ?? "",
        train: count("train"),
        test: count("test"),
        classes: classes.length,
        lists: lists.map(({ file, of }) => `${file} (${of})`),
      };
    }),
    hub: hubSets,
    weights: weightFiles,
    features: knownFeatures,
  };
}

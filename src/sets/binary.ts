import { parseUcfAnnotations } from "./annotations.ts";
import type { DataSet } from "./data_set.ts";
import { eventRuleOf } from "./ground_truth.ts";
import { sideOfWord } from "./sides.ts";

/** Own data of two classes: the folder next to the file tells the side, or its name begins so. */
export const binary: DataSet = {
  title: "own videos of two classes",
  origin: null,
  classes: ["Normal", "Abnormal"],
  classesOf(id) {
    if (/^normal/i.test(id)) return [0];
    return /^(abnormal|anomal)/i.test(id) ? [1] : null;
  },
  classesOfFolders(folders) {
    const told = folders.toReversed().map(sideOfWord).find((side) => side !== null);
    return told === undefined || told === null ? null : [told];
  },
  form: "a folder normal or abnormal, or a list with labels Normal and Abnormal (or 0 and 1)",
  splits: null,
  crops: [1, 5, 10],
  grid: "as eval.frames_per_snippet says",
  groundTruth: {
    annotations: { parse: (text, name) => parseUcfAnnotations(text, name, true), matlab: true },
    rule: eventRuleOf,
    mayLack: () => false,
  },
  normalSegment: "Normal",
  lists: [],
};

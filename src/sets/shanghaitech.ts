import type { DataSet } from "./data_set.ts";
import { eventRuleOf, shanghaitechGroundTruth } from "./ground_truth.ts";

/** Scene and clip: four digits came from the original test set, three from its training set. */
const clip = /^\d{2}_(\d{3,4})$/;

/**
 * ShanghaiTech Campus, weakly supervised split (Zhong et al., CVPR 2019). All 107 clips of four
 * digits hold an anomaly, 63 of them in training; clips of three digits are normal.
 */
export const shanghaitech: DataSet = {
  title: "ShanghaiTech",
  origin: {
    source: "Liu et al., CVPR 2018; split of Zhong et al., CVPR 2019; lists of tianyu0207/RTFM",
    licence: "none stated, for research",
  },
  classes: ["Normal", "Abnormal"],
  classesOf(id) {
    const digits = clip.exec(id)?.[1];
    return digits === undefined ? null : [digits.length === 4 ? 1 : 0];
  },
  form: "a scene and a clip, 01_0014 (four digits: abnormal) or 01_002 (three digits: normal)",
  splits: {
    train: { videos: 238, abnormal: 63 },
    test: { videos: 199, abnormal: 44 },
  },
  crops: [10],
  grid: "ceil(frames / 16) snippets",
  groundTruth: {
    annotations: null,
    rule: eventRuleOf,
    mayLack: (id) => clip.exec(id)?.[1].length === 3,
    masks: { name: "shanghaitech_last_value", lay: shanghaitechGroundTruth },
  },
  normalSegment: "Normal",
  lists: [
    ...["i3d", "c3d", "vit"].flatMap((features) => {
      const of = features === "i3d" ? "RTFM, CLIP-TSA" : "CLIP-TSA";
      return [
        list(of, `shanghai-${features}-train-10crop.list`, "train"),
        list(of, `shanghai-${features}-test-10crop.list`, "test"),
      ];
    }),
    list("S3R", "shanghaitech.training.csv", "train"),
    list("S3R", "shanghaitech.testing.csv", "test"),
    list("PEL4VAD", "train.list", "train", 10),
    list("PEL4VAD", "test.list", "test", 10),
    { of: "RTFM", file: "SH_Train.txt", split: "train", rows: 238 },
    { of: "RTFM", file: "SH_Test.txt", split: "test", rows: 199 },
  ],
};

/** A list with a row a crop, abnormal clips first. */
function list(of: string, file: string, split: "train" | "test", crops = 1) {
  const [videos, abnormal] = split === "train" ? [238, 63] : [199, 44];
  return { of, file, split, rows: crops * videos, abnormalFirst: crops * abnormal };
}

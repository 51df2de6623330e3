import { parseUcfAnnotations } from "./annotations.ts";
import type { DataSet } from "./data_set.ts";
import { eventRuleOf } from "./ground_truth.ts";
import { ucfVariants } from "./ucf_crime_variants.ts";

/** By class id: labels, and what text branches read. */
export const ucfClasses = [
  "Normal",
  "Abuse",
  "Arrest",
  "Arson",
  "Assault",
  "Burglary",
  "Explosion",
  "Fighting",
  "RoadAccidents",
  "Robbery",
  "Shooting",
  "Shoplifting",
  "Stealing",
  "Vandalism",
] as const;

const marker = "_x264";

/**
 * UCF-Crime. A name that begins with `normal`, in any case, is Normal; else a class name is its
 * prefix. The id ends with the first `_x264`; `Normal_Videos003_x264` (training) and
 * `Normal_Videos_003_x264` (test) are two videos.
 */
export const ucfCrime: DataSet = {
  title: "UCF-Crime",
  origin: {
    source: "Sultani et al., CVPR 2018; WaqasSultani/AnomalyDetectionCVPR2018",
    licence: "none stated, for research",
  },
  classes: ucfClasses,
  classesOf(id) {
    if (id.toLowerCase().startsWith("normal")) return [0];
    const found = ucfClasses.findIndex((name, i) => i > 0 && id.startsWith(name));
    return found > 0 ? [found] : null;
  },
  // The folders of the videos, which lists are made from.
  classesOfLabel: (label) => /^(training_|testing_)?normal_videos/i.test(label) ? [0] : null,
  form: `a name that begins with one of ${ucfClasses.join(", ")}`,
  idIn(name) {
    const end = name.indexOf(marker);
    return end < 0 ? null : name.slice(0, end + marker.length);
  },
  splits: {
    train: { videos: 1610, abnormal: 810 },
    test: { videos: 290, abnormal: 140 },
  },
  crops: [1, 10],
  grid: "ceil(frames / 16) snippets (RTFM, MGFN, S3R), floor(frames / 16) (VadCLIP and others)",
  groundTruth: {
    annotations: { parse: parseUcfAnnotations, matlab: true },
    rule: eventRuleOf,
    mayLack: () => false,
  },
  normalSegment: "A",
  variants: ucfVariants,
  lists: [
    list("RTFM, MGFN, CLIP-TSA", "ucf-i3d.list", "train"),
    list("RTFM, MGFN, CLIP-TSA", "ucf-i3d-test.list", "test"),
    list("S3R", "ucf-crime.training.csv", "train"),
    list("S3R", "ucf-crime.testing.csv", "test"),
    list("CLIP-TSA", "ucf-vit.list", "train"),
    list("CLIP-TSA", "ucf-vit-test.list", "test"),
    list("DeepMIL, CLIP-TSA", "ucf-c3d.list", "train"),
    list("DeepMIL, CLIP-TSA", "ucf-c3d-test.list", "test"),
    list("UR-DMU", "UCF_Train.list", "train", 10),
    list("UR-DMU", "UCF_Test.list", "test", 10),
    list("PEL4VAD", "train.list", "train", 10),
    list("PEL4VAD", "test.list", "test", 10),
    list("VadCLIP", "ucf_CLIP_rgb.csv", "train", 10),
    list("VadCLIP", "ucf_CLIP_rgbtest.csv", "test"),
    { of: "the data set, VadCLIP", file: "Anomaly_Train.txt", split: "train", rows: 1610 },
    { of: "VadCLIP", file: "Anomaly_Test.txt", split: "test", rows: 290 },
  ],
};

/** A list with a row a crop, abnormal videos first. */
function list(of: string, file: string, split: "train" | "test", crops = 1) {
  const [videos, abnormal] = split === "train" ? [1610, 810] : [290, 140];
  return { of, file, split, rows: crops * videos, abnormalFirst: crops * abnormal };
}

/** Readers of lists, labels, annotations, manifests and settings, with files that they read. */

import { loadYaml } from "../../src/config/load_yaml.ts";
import { parseFeatureList } from "../../src/data/list_text.ts";
import { recogniseList } from "../../src/data/known_list.ts";
import { parseManifest } from "../../src/data/manifest.ts";
import { parseVectorList } from "../../src/data/vector_list.ts";
import { videoIdOf } from "../../src/data/video_id.ts";
import { parseUcfAnnotations, parseXdAnnotations } from "../../src/sets/annotations.ts";
import { parseGroundTruth } from "../../src/sets/ground_truth.ts";

/** What a reader makes of a text; what it holds is counted by the caller. */
export type ReadText = (text: string) => unknown;

export interface TextReader {
  seeds: string[];
  read: ReadText;
}

const LISTS = [
  "Normal_Videos_003_x264.npy\nAbuse001_x264.npy\nArson/Arson010_x264.npy\n",
  "path,label\nTrain/Abuse001_x264__0.npy,Abuse\nTrain/Normal_Videos_003_x264__0.npy,Normal\n",
  "data/Abuse001_x264.npy 1.0\ndata/Normal_Videos_003_x264.npy 0.0\n",
  "Abuse/Abuse028_x264.mp4|4768\nTraining_Normal_Videos_Anomaly/Normal_Videos_003_x264.mp4|1424\n",
  '"a, b/Fighting002.npy";Fighting\n"x.npy";Normal\n',
  "v=38GQ9L2meyE__#00-00-03_00-03-40_label_B6-0-0.npy\tB6-0-0\n01_0014.npy\tA\n",
];

const ANNOTATIONS = [
  "Abuse028_x264.mp4  Abuse  165  240  -1  -1\nNormal_Videos_003_x264.mp4  Normal  -1  -1  -1  -1\n",
  "Arson011_x264.mp4  Arson  150  420  680  1267\n",
];

const XD = [
  "v=38GQ9L2meyE__#00-00-03_00-03-40_label_B6-0-0 10 20 40 60\nBad.Boys.1995__#01-11_label_B2-0-0 0 99\n",
];

export const MANIFEST = [
  {
    video_id: "Abuse001_x264.mp4",
    path: "Abuse001_x264.npy",
    event: "Abuse",
    anomaly: "Abnormal",
    split: "train",
    size: 2729,
  },
  {
    dataset: "ucf_crime",
    backbone: "i3d",
    split: "test",
    video_id: "Normal_Videos_003_x264",
    label: "normal",
    path: "n.zip",
    zip_member: "n.npy",
    n_crops: 10,
    shape: [10, 171, 2048],
    dtype: "float32",
    provenance: { extractor: "i3d" },
  },
];

const YAML = [
  "runner:\n  name: mil\n  head: { hidden: [512, 32], dropout: 0.6 }\n  loss:\n    - { name: ranking, weight: 1 }\n",
  "a: &x [1, 2.5, null, true]\nb: *x\nc: |\n  text\n  more\nd: 'it''s'\ne: 1.0e-5\n",
];

const LABELS = [
  JSON.stringify({ Abuse028_x264: [0, 0, 1, 1, 0], Normal_Videos_003_x264: [0, 0, 0] }),
  JSON.stringify({ "Abuse028_x264.mp4": { labels: [0, 1, 1, 0], fps: 30 } }),
];

export const textReaders: Record<string, TextReader> = {
  "lists of features (csv, texts)": {
    seeds: LISTS,
    read(text) {
      const list = parseFeatureList(text, "x.list");
      return [list, recogniseList(list.rows, "x.list", "ucf_crime")];
    },
  },
  "lists of a ground-truth vector": {
    seeds: LISTS,
    read: (text) => parseVectorList(text, "x.list"),
  },
  "annotations of UCF-Crime": {
    seeds: ANNOTATIONS,
    read: (text) => parseUcfAnnotations(text, "x.txt"),
  },
  "annotations of XD-Violence": { seeds: XD, read: (text) => parseXdAnnotations(text, "x.txt") },
  "manifests (JSON lines)": {
    seeds: [MANIFEST.map((record) => JSON.stringify(record)).join("\n") + "\n"],
    read: (text) => parseManifest(text, "x.jsonl"),
  },
  "ground truth (JSON)": {
    seeds: LABELS,
    read: (text) => parseGroundTruth(text, "x.json", videoIdOf),
  },
  "settings (YAML)": { seeds: YAML, read: (text) => loadYaml(text, "x.yaml") },
};

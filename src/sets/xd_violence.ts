import { parseXdAnnotations } from "./annotations.ts";
import type { DataSet } from "./data_set.ts";
import { withoutEndings } from "./file_endings.ts";
import { xdHalfOpen } from "./ground_truth.ts";

/** By class id: labels, and what text branches read. */
export const xdClasses = [
  "Normal",
  "Fighting",
  "Shooting",
  "Riot",
  "Abuse",
  "CarAccident",
  "Explosion",
] as const;

/** Label codes by class id; there is no B3. Order as in VadCLIP's label map. */
const xdCodes = ["A", "B1", "B2", "B4", "B5", "B6", "G"];

/** `B2-G-0` -> 2, 6; null where a code is unknown. */
function idsOfCodes(codes: string): number[] | null {
  const ids = codes.split("-").filter((code) => code !== "0")
    .map((code) => xdCodes.indexOf(code));
  return ids.length === 0 || ids.includes(-1) ? null : [...new Set(ids)];
}

/**
 * XD-Violence. Names end in `_label_B2-G-0`: up to three codes, 0 is filler, order carries no
 * meaning; the first code stands for a video with several. `_label_A` is Normal. Names hold `__`
 * themselves; behind the codes stands a crop number, or `vggish` for audio.
 */
export const xdViolence: DataSet = {
  title: "XD-Violence",
  origin: {
    source: "Wu et al., ECCV 2020; Roc-Ng/XDVioDet",
    licence: "none stated, for research",
  },
  classes: xdClasses,
  classesOf(id) {
    const codes = /_label_([ABG0-9-]+)$/.exec(id)?.[1];
    return codes === undefined ? null : idsOfCodes(codes);
  },
  classesOfLabel: idsOfCodes,
  form: `a name that ends in _label_ and codes out of ${xdCodes.join(", ")}`,
  idIn(name) {
    if (!name.includes("_label_")) return null;
    return withoutEndings(name).replace(/_i3d(_\d+)?$/, "").replace(/__(\d+|vggish)$/, "");
  },
  splits: {
    train: { videos: 3954, abnormal: 1905 },
    test: { videos: 800, abnormal: 500 },
  },
  crops: [1, 5, 10],
  grid: "I3D and CLIP sets differ by 22 snippets in all: take the ground truth of the same set",
  groundTruth: {
    annotations: {
      parse: (text, name) =>
        parseXdAnnotations(text, name).map(({ id, events, codes }) => ({
          id,
          events,
          labels: codes?.map((code) => xdClasses[xdCodes.indexOf(code)]),
        })),
      matlab: false,
    },
    rule: () => xdHalfOpen,
    mayLack: (id) => id.endsWith("_label_A"), // the official files have the violent videos only
  },
  normalSegment: xdClasses[0],
  lists: [
    list("UR-DMU, BN-WVAD", "XD_Train.list", "train", 5),
    list("UR-DMU, BN-WVAD", "XD_Test.list", "test", 5),
    list("XDVioDet", "rgb.list", "train", 5),
    list("XDVioDet", "rgb_test.list", "test", 5),
    list("XDVioDet", "flow.list", "train", 5),
    list("XDVioDet", "flow_test.list", "test", 5),
    list("XDVioDet, audio", "audio.list", "train", 1),
    list("XDVioDet, audio", "audio_test.list", "test", 1),
    list("PEL4VAD", "train.list", "train", 5),
    list("PEL4VAD", "test.list", "test", 5),
    list("VadCLIP", "xd_CLIP_rgb.csv", "train", 10),
    list("VadCLIP", "xd_CLIP_rgbtest.csv", "test", 1),
    ...["c3d", "i3d", "vit"].flatMap((features) => [
      // One normal video is missing from it.
      { ...list("CLIP-TSA", `xd-${features}-train.list`, "train", 1), rows: 3953 },
      list("CLIP-TSA", `xd-${features}-test.list`, "test", 1),
    ]),
  ],
};

/** A list with a row a crop, violent videos first. */
function list(of: string, file: string, split: "train" | "test", crops: number) {
  const [videos, abnormal] = split === "train" ? [3954, 1905] : [800, 500];
  return { of, file, split, rows: crops * videos, abnormalFirst: crops * abnormal };
}

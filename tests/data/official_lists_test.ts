import { assert, assertEquals, assertRejects } from "@std/assert";
import { basename } from "node:path";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { isFault } from "../../src/fault.ts";
import { writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const open = (folder: string, change: Partial<DataConfig>) =>
  openDataset(dataSchema.parse({
    source: "folder",
    root: folder,
    layout_train: "snippets_first",
    segments: 4,
    ...change,
  }));

const abuse = "Abuse001_x264", normal = "Normal_Videos001_x264";
const film = "Bad.Boys.1995__#00-26-51_00-27-53_label_B2-G-0";
const calm = "About.Time.2013__#00-23-50_00-24-31_label_A";

/** Rows as the repositories write them, the files on disk, and what becomes of them. */
interface Form {
  of: string;
  list: string;
  rows: string[];
  /** As the files are called that the authors offer. */
  files: string[];
  axes?: [string, number[]];
  change?: Partial<DataConfig>;
  train: [id: string, className: string, crops: number][];
}

const perCrop: Partial<DataConfig> = { layout_train: "per_crop" };
const ucf: Form["train"] = [[abuse, "Abuse", 1], [normal, "Normal", 1]];
const numbered = (id: string, crops: number, mark = "__") =>
  Array.from({ length: crops }, (_, crop) => `${id}${mark}${crop}.npy`);

const forms: Form[] = [
  {
    of: "RTFM and MGFN",
    list: "ucf-i3d.list",
    rows: [abuse, normal].map((id) => `G:\\UCF_Train_ten_crop_i3d\\${id}_i3d.npy`),
    files: [`${abuse}_i3d.npy`, `${normal}_i3d.npy`],
    axes: ["TND", [6, 10, 4]],
    train: [[abuse, "Abuse", 10], [normal, "Normal", 10]],
  },
  {
    of: "S3R",
    list: "ucf-crime.training.csv",
    rows: ["video-id", abuse, normal],
    files: [`${abuse}_i3d.npy`, `${normal}_i3d.npy`],
    axes: ["TND", [6, 10, 4]],
    train: [[abuse, "Abuse", 10], [normal, "Normal", 10]],
  },
  {
    of: "S3R, ShanghaiTech",
    list: "shanghaitech.training.csv",
    rows: ["video-id", "01_0014", "01_002"],
    files: ["01_0014_i3d.npy", "01_002_i3d.npy"],
    axes: ["TND", [6, 10, 4]],
    change: { classes: "shanghaitech" },
    train: [["01_0014", "Abnormal", 10], ["01_002", "Normal", 10]],
  },
  {
    of: "UR-DMU",
    list: "UCF_Train.list",
    rows: [
      ...numbered(abuse, 10).map((file) => `dataset/Abuse/${file}`),
      ...numbered(normal, 10).map((file) => `dataset/Training_Normal_Videos_Anomaly/${file}`),
    ],
    files: [...numbered(abuse, 10), ...numbered(normal, 10)],
    change: perCrop,
    train: [[abuse, "Abuse", 10], [normal, "Normal", 10]],
  },
  {
    of: "UR-DMU against the files of DeepMIL, whose crop 0 has no number",
    list: "UCF_Train.list",
    rows: [...numbered(abuse, 2), ...numbered(normal, 2)].map((file) => `dataset/x/${file}`),
    files: [`${abuse}.npy`, `${abuse}__1.npy`, `${normal}.npy`, `${normal}__1.npy`],
    change: perCrop,
    train: [[abuse, "Abuse", 2], [normal, "Normal", 2]],
  },
  {
    of: "PEL4VAD, UCF-Crime",
    list: "train.list",
    rows: [
      `train/${abuse}.npy`,
      `train/${abuse}__1.npy`,
      `train/${normal}.npy`,
      `train/${normal}__1.npy`,
    ],
    files: [`${abuse}.npy`, `${abuse}__1.npy`, `${normal}.npy`, `${normal}__1.npy`],
    change: perCrop,
    train: [[abuse, "Abuse", 2], [normal, "Normal", 2]],
  },
  {
    of: "VadCLIP",
    list: "ucf_CLIP_rgb.csv",
    rows: [
      "path,label",
      ...numbered(abuse, 10).map((file) => `/home/xbgydx/UCFClipFeatures/Abuse/${file},Abuse`),
      ...numbered(normal, 10).map((file) =>
        `/home/xbgydx/UCFClipFeatures/Training_Normal_Videos_Anomaly/${file},Normal`
      ),
    ].map((row) => `${row}\r`),
    files: [...numbered(abuse, 10), ...numbered(normal, 10)],
    change: perCrop,
    train: [[abuse, "Abuse", 10], [normal, "Normal", 10]],
  },
  {
    of: "DeepMIL",
    list: "ucf-c3d.list",
    rows: [
      `/media/peng/Samsung_T5/c3d_features/train/RGB/Abuse/${abuse}__0.npy`,
      `/media/peng/Samsung_T5/c3d_features/train/RGB/Normal/${normal}__0.npy`,
    ],
    files: [`${abuse}__0.npy`, `${normal}__0.npy`],
    train: ucf,
  },
  {
    of: "CLIP-TSA",
    list: "ucf-vit.list",
    rows: [
      `/home/kevin/data/clip-tsa/ucf/features/train/Abuse/${abuse}.npy`,
      `/home/kevin/data/clip-tsa/ucf/features/train/Normal/${normal}.npy`,
    ],
    files: [`${abuse}.npy`, `${normal}.npy`],
    train: ucf,
  },
  {
    of: "the data set",
    list: "Anomaly_Train.txt",
    rows: [`Abuse/${abuse}.mp4`, `Training_Normal_Videos_Anomaly/${normal}.mp4`],
    files: [`${abuse}_clip.npy`, `${normal}_clip.npy`],
    train: ucf,
  },
  {
    of: "XDVioDet and BN-WVAD",
    list: "rgb.list",
    rows: [...numbered(film, 5), ...numbered(calm, 5)]
      .map((file) => `/media/peng/Samsung_T5/i3d-features/RGB/${file}`),
    files: [...numbered(film, 5), ...numbered(calm, 5)],
    change: { ...perCrop, classes: "xd_violence" },
    train: [[film, "Shooting", 5], [calm, "Normal", 5]],
  },
  {
    of: "XDVioDet, audio",
    list: "audio.list",
    rows: [film, calm].map((id) =>
      `/media/peng/Samsung_T5/vggish-features/train/${id}__vggish.npy`
    ),
    files: [`${film}__vggish.npy`, `${calm}__vggish.npy`],
    change: { classes: "xd_violence" },
    train: [[film, "Shooting", 1], [calm, "Normal", 1]],
  },
  {
    of: "VadCLIP, XD-Violence",
    list: "xd_CLIP_rgb.csv",
    rows: [
      "path,label",
      ...numbered(film, 2).map((file) => `/home/XDTrainClipFeatures/${file},B2-G-0`),
      ...numbered(calm, 2).map((file) => `/home/XDTrainClipFeatures/${file},A`),
    ],
    files: [...numbered(film, 2), ...numbered(calm, 2)],
    change: { ...perCrop, classes: "xd_violence" },
    train: [[film, "Shooting", 2], [calm, "Normal", 2]],
  },
];

Deno.test("official lists are read as they are, and find the features under their names", async () => {
  for (
    const { of, list, rows, files, axes: [axes, shape] = ["TD", [6, 4]], change, train } of forms
  ) {
    await withFolder(async (folder) => {
      for (const file of files) await writeFeatures(folder, `features/${file}`, axes, shape);
      await writeText(folder, `lists/${list}`, rows.join("\n"));
      const data = await open(folder, { train: `lists/${list}`, ...change });
      assertEquals(
        await Promise.all(data.train.map(async (video) => {
          return [video.id, video.className, (await video.load()).crops];
        })),
        train,
        of,
      );
    });
  }
});

Deno.test("a list of crops against files that hold all crops says so", async () => {
  await withFolder(async (folder) => {
    const refusal = async (rows: string[], change: Partial<DataConfig> = {}) => {
      await writeText(folder, "a.list", rows.join("\n"));
      const error = await assertRejects(() => open(folder, { train: "a.list", ...change }));
      assertEquals(isFault(error), true);
      return String(error);
    };
    for (const id of [abuse, normal]) {
      await writeFeatures(folder, `f/${id}_i3d.npy`, "TND", [6, 10, 4]);
    }
    for (
      const rows of [
        [...numbered(abuse, 10), ...numbered(normal, 10)], // UR-DMU
        [`x/${abuse}__0.npy`, `x/${normal}__0.npy`], // DeepMIL
        [`x/${abuse}__5.npy,Abuse`, `x/${normal}__5.npy,Normal`], // VadCLIP's test list
      ]
    ) {
      const text = await refusal(rows);
      assert(text.includes("[6, 10, 4], which seems to hold all crops"), text);
      assert(text.includes("data.test_crop="), text);
    }
    const text = await refusal(numbered(abuse, 10), perCrop);
    assert(text.includes(basename(`f/${abuse}_i3d.npy`)), text);
    // A file of one crop is that crop.
    await writeFeatures(folder, `f/${abuse}_i3d.npy`, "TND", [6, 1, 4]);
    await writeText(folder, "a.list", `x/${abuse}__0.npy`);
    assertEquals((await open(folder, { train: "a.list" })).train.length, 1);
  });
});

Deno.test("ShanghaiTech's lists of videos and of crops meet each other's files", async () => {
  await withFolder(async (folder) => {
    const change = { classes: "shanghaitech", train: "a.list" } as const;
    for (const file of [...numbered("01_0014", 10, "_"), ...numbered("01_002", 10, "_")]) {
      await writeFeatures(folder, `f/${file}`, "TD", [6, 4]);
    }
    await writeText(folder, "a.list", "/home/yu/01_0014_i3d.npy\n/home/yu/01_002_i3d.npy\n");
    const { train, crops } = await open(folder, change);
    assertEquals(train.map(({ id, className }) => [id, className]), [
      ["01_0014", "Abnormal"],
      ["01_002", "Normal"],
    ]);
    assertEquals(crops, 10);
    const apart = await assertRejects(() => open(folder, { ...change, numbered_files: "videos" }));
    assert(String(apart).includes("data.numbered_files=crops"), String(apart));
    // PEL4VAD's list against RTFM's files.
    await writeText(folder, "a.list", numbered("02_0128", 10, "_").join("\n"));
    await writeFeatures(folder, "f/02_0128_i3d.npy", "TND", [6, 10, 4]);
    const whole = await assertRejects(() => open(folder, change));
    assert(String(whole).includes("seems to hold all crops"), String(whole));
  });
});

Deno.test("RTFM's ShanghaiTech lists tell labels by order, and the log says which list it is", async () => {
  await withFolder(async (folder) => {
    const clips = Array.from({ length: 199 }, (_, i) => {
      return i < 44 ? `01_${String(i).padStart(4, "0")}` : `02_${String(i).padStart(3, "0")}`;
    });
    for (const id of clips) await writeFeatures(folder, `SH/${id}_i3d.npy`, "TND", [2, 2, 4]);
    const list = "list/shanghai-i3d-test-10crop.list";
    await writeText(
      folder,
      list,
      clips.map((id) => `/home/yu/yu_ssd/SH_Test_ten_crop_i3d/${id}_i3d.npy`).join("\n"),
    );
    for (const classes of ["shanghaitech", "binary"] as const) {
      const { train, notes } = await open(folder, { train: list, classes });
      assertEquals(train.map(({ className }) => className).lastIndexOf("Abnormal"), 43);
      assertEquals(train.filter(({ anomalous }) => anomalous).length, 44);
      assert(notes[0].includes("the first 44 rows are abnormal"), notes[0]);
    }
  });
});

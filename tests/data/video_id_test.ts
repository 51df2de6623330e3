import { assertEquals } from "@std/assert";
import { cropOf, videoIdOf } from "../../src/data/video_id.ts";
import { hasShared, shared } from "../support/shared.ts";

Deno.test("videoIdOf cuts every suffix and folder in circulation", () => {
  const names = [
    "Abuse028_x264",
    "Abuse028_x264.npy",
    "Abuse028_x264.mp4",
    "Abuse028_x264_i3d.npy",
    "Abuse028_x264__9.npy",
    "Abuse028_x264__9_i3d.npy",
    "Abuse028_x264_i3d_0.npy",
    "Abuse028_x264_clip.npy",
    "Abuse028_x264_C.txt",
    "Abuse028_x264.mat",
    "Abuse/Abuse028_x264.mp4",
    "G:\\UCF_Test_ten_crop_i3d\\Abuse028_x264_i3d.npy",
    "/home/x/mixed\\sides/Abuse028_x264_i3d.npy",
  ];
  for (const name of names) assertEquals(videoIdOf(name), "Abuse028_x264", name);
});

Deno.test("videoIdOf keeps the underscore that tells normal test videos from training videos", () => {
  assertEquals(videoIdOf("Normal_Videos003_x264_i3d.npy"), "Normal_Videos003_x264");
  assertEquals(videoIdOf("Normal_Videos_003_x264_i3d.npy"), "Normal_Videos_003_x264");
});

Deno.test("videoIdOf takes a video and its features for the same, whatever they end in", () => {
  const tube = "v=38GQ9L2meyE__#1_label_B6-0-0";
  for (const video of ["mp4", "AVI", "mov", "webm", "wmv", "mpeg", "3gp"]) {
    for (const name of [`cam1.${video}`, `cam1.${video}.npy`, `cam1.${video}.NPZ`]) {
      assertEquals(videoIdOf(name), "cam1", name);
    }
    assertEquals(videoIdOf(`${tube}.${video}`), tube);
  }
  for (const ending of ["npz", "h5", "HDF5", "mp4.npy"]) {
    assertEquals(videoIdOf(`${tube}__3.${ending}`.replace("__3.mp4", ".mp4")), tube, ending);
  }
  assertEquals(videoIdOf("caf\u0065\u0301.npy"), "caf\u00e9"); // as macOS names files
  assertEquals(videoIdOf("a.b.c.npy"), "a.b.c");
});

Deno.test("videoIdOf without the marker cuts _i3d, then the crop", () => {
  assertEquals(videoIdOf("01_0014_i3d.npy"), "01_0014");
  assertEquals(videoIdOf("01_0014__3_i3d.npy"), "01_0014");
  assertEquals(videoIdOf("dir/Abuse7__3.npy"), "Abuse7");
});

Deno.test("videoIdOf keeps the whole name of XD-Violence videos but for the crop", () => {
  const films = "Bad.Boys.1995__#00-26-51_00-27-53_label_B2-0-0";
  const tube = "v=38GQ9L2meyE__#1_label_B6-0-0";
  for (const id of [films, tube, "A.B__#0_label_A", "x__#1_label_G"]) {
    assertEquals(videoIdOf(id), id);
    assertEquals(videoIdOf(`D:\\i3d\\${id}__4.npy`), id);
    assertEquals(videoIdOf(`${id}.mp4`), id);
    assertEquals(videoIdOf(`${id}_i3d.npy`), id);
  }
});

Deno.test({
  name: "videoIdOf gives every official XD-Violence id back from its crop files",
  ignore: !hasShared,
  fn() {
    for (const list of ["train_ids.txt", "test_ids.txt"]) {
      const ids = Deno.readTextFileSync(shared(`data/xd_violence/${list}`)).split("\n")
        .filter((line) => line !== "");
      assertEquals(ids.length > 700, true);
      for (const id of ids) assertEquals(videoIdOf(`x/${id}__0.npy`), id);
    }
  },
});

Deno.test("cropOf finds the crop number in every form, and none where there is none", () => {
  assertEquals(cropOf("Abuse028_x264__0.npy"), 0);
  assertEquals(cropOf("Abuse028_x264__9_i3d.npy"), 9);
  assertEquals(cropOf("Abuse028_x264_i3d_7.npy"), 7);
  assertEquals(cropOf("Bad.Boys.1995__#00-26-51_00-27-53_label_B2-0-0__4.npy"), 4);
  assertEquals(cropOf("Abuse028_x264_i3d.npy"), null);
  assertEquals(cropOf("v=38GQ9L2meyE__#1_label_B6-0-0.npy"), null);
  assertEquals(cropOf("Normal_Videos_003_x264.npy"), null);
});

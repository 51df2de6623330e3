import { assertEquals, assertThrows } from "@std/assert";
import { requireUntuned } from "../../src/model/tuned_backbones.ts";

function refusal(path: string): string {
  return (assertThrows(() => requireUntuned(path, "videomae"), TypeError) as Error).message;
}

Deno.test("requireUntuned() refuses weights whose name says that they saw the test videos", () => {
  for (
    const [path, data] of [
      ["weights/videomae-base-finetuned-ucf-crime/model.safetensors", "UCF-Crime"],
      ["clip_ucfcrime_fine-tuned.pt", "UCF-Crime"],
      ["models--x--i3d-ft-XD_Violence/snapshots/0/a.bin", "XD-Violence"],
      ["Cosmos-Embed1-448p-anomaly-detection/model.safetensors", "data of anomalies"],
    ]
  ) assertEquals(refusal(path).includes(`tuned on ${data} and`), true, path);
});

Deno.test("requireUntuned() passes folders of data sets, and what was tuned on other data", () => {
  for (
    const path of [
      "/data/ucf_crime/weights/i3d_baseline_32x2_IN_pretrain_400k.pkl",
      "videomae-base-finetuned-kinetics/model.safetensors",
      "videomae-base-finetuned-ucf101/model.safetensors",
      "anomaly_detection/ViT-B-16.pt",
    ]
  ) requireUntuned(path, "videomae");
});

Deno.test("requireUntuned() reads what Hugging Face keeps beside the weights", () => {
  const folder = Deno.makeTempDirSync();
  const write = (settings: unknown) =>
    Deno.writeTextFileSync(`${folder}/config.json`, JSON.stringify(settings));
  const weights = `${folder}/model.safetensors`;
  const labels = (names: string[]) => ({ id2label: Object.fromEntries(names.entries()) });
  write(labels(["Abuse", "Arrest", "Arson", "RoadAccidents", "Shoplifting", "Normal"]));
  assertEquals(refusal(weights).includes("names its classes"), true);
  write({ _name_or_path: "somebody/videomae-finetuned-ucf-crime" });
  assertEquals(refusal(weights).includes('calls them "somebody/'), true);
  write(labels(["abseiling", "air drumming", "arson", "fighting"]));
  requireUntuned(weights, "videomae");
  Deno.writeTextFileSync(`${folder}/config.json`, "no settings");
  requireUntuned(weights, "videomae");
});

Deno.test("requireUntuned() follows links, whatever they are called", () => {
  const folder = Deno.makeTempDirSync();
  const tuned = `${folder}/videomae-base-finetuned-ucf-crime`;
  Deno.mkdirSync(tuned);
  Deno.writeTextFileSync(`${tuned}/model.safetensors`, "");
  Deno.symlinkSync(tuned, `${folder}/innocent`);
  Deno.symlinkSync(`${tuned}/model.safetensors`, `${folder}/weights.safetensors`);
  for (const path of ["innocent/model.safetensors", "weights.safetensors"]) {
    assertEquals(refusal(`${folder}/${path}`).includes("says what they are"), true, path);
  }
});

Deno.test("requireUntuned() reads what a file says beside its weights, and a model's card", () => {
  const of = (entries: Record<string, unknown>) => () =>
    requireUntuned("model.pt", "videomae", new Map(Object.entries(entries)));
  const refused = (entries: Record<string, unknown>, text: string) =>
    assertEquals((assertThrows(of(entries), TypeError) as Error).message.includes(text), true);
  refused({ "args/data_set": "UCF-Crime" }, `its entry "args/data_set" says "UCF-Crime"`);
  refused({ base: "x/clip-finetuned-xd-violence" }, "tuned on XD-Violence");
  refused({ labels: ["Abuse", "Arrest", "Arson", "Robbery", "Shooting"] }, "names its classes");
  of({ "args/data_set": "Kinetics-400", output: "ucf_crime/features", epoch: 3 })();
  const folder = Deno.makeTempDirSync();
  const card = (text: string) => Deno.writeTextFileSync(`${folder}/README.md`, text);
  card("---\nlicense: mit\ndatasets:\n- somebody/UCF_Crime\n- kinetics\n---\nA model.");
  assertEquals(refusal(`${folder}/a.bin`).includes("README.md"), true);
  card("---\ndatasets:\n- kinetics\ntags:\n- ucf-crime\n---\nNot tuned on UCF-Crime.");
  requireUntuned(`${folder}/a.bin`, "videomae");
});

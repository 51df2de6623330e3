/**
 * Feature sets of UCF-Crime in the layout of jinmang2/wsad: `features/<variant>/train` and `test`,
 * as folders or zips. Axes differ between the splits of some, which no shape tells.
 */

import type { FeatureVariant } from "./data_set.ts";

const wholeI3d: FeatureVariant = {
  what: "I3D ResNet-50 of RTFM and MGFN, full length, snippet norm about 22",
  settings: {
    layout_train: "snippets_first",
    layout_test: "snippets_first",
    features: "i3d",
    dim: 2048,
    crops: 10,
  },
};

function pooled(variant: FeatureVariant, what: string): FeatureVariant {
  return { what, settings: { ...variant.settings, layout_train: "crops_first" } };
}

const wholeDeepMil: FeatureVariant = {
  what: "",
  settings: { ...wholeI3d.settings, dim: 1024 },
};

export const ucfVariants: Record<string, FeatureVariant> = {
  i3d: pooled(wholeI3d, "I3D, training pooled to 32 segments, snippet norm about 2.5"),
  i3d_mgfn: wholeI3d,
  i3d_mgfn_seg32: pooled(wholeI3d, "i3d_mgfn, training pooled to 32 segments"),
  i3d_mgfn_seg200: pooled(wholeI3d, "i3d_mgfn, training pooled to 200 segments"),
  i3d_1024_seg200: pooled(wholeDeepMil, "I3D Inception of DeepMIL, training pooled to 200"),
  i3d_1024_seg200_pc: {
    what: "i3d_1024_seg200, a training file a crop, each a sample of its own",
    settings: { ...wholeDeepMil.settings, layout_train: "per_crop", train_crops: "each" },
  },
  languagebind_10crop: {
    what: "LanguageBind, crops first in both splits, snippet norm about 12.6",
    settings: {
      layout_train: "crops_first",
      layout_test: "crops_first",
      features: "other",
      dim: 768,
      crops: 10,
    },
  },
  clip: {
    what: "CLIP ViT-B/16 of VadCLIP (UCFClipFeatures), a float16 file a crop",
    settings: {
      layout_train: "per_crop",
      layout_test: "per_crop",
      features: "clip",
      dim: 512,
      crops: 10,
    },
  },
};

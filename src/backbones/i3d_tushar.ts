/** Backbone `i3d_tushar`: the same network on frames whose shorter side is 256. */

import { i3dNonLocal } from "./i3d_non_local.ts";

export const i3dTushar = i3dNonLocal("tushar", {
  summary: "I3D ResNet-50 on frames of shorter side 256, ten crops, the tail looped",
  values: "RGB in 0..255, (x - 114.75) / 57.375",
});

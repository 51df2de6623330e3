/** Backbone `i3d_gowtham`: I3D ResNet-50 on frames of 340 x 256, as RTFM's users extract. */

import { i3dNonLocal } from "./i3d_non_local.ts";

export const i3dGowtham = i3dNonLocal("gowtham", {
  summary: "I3D ResNet-50 on frames of 340 x 256 by Lanczos, ten crops, the tail dropped",
  values: "RGB, x * 2 / 255 - 1",
});

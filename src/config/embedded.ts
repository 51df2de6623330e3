/**
 * The settings files that come with the tool, as text inside of it. A new file is an import and a
 * word in its group below.
 */

import binary from "../../configs/data/binary.yaml" with { type: "text" };
import features from "../../configs/data/features.yaml" with { type: "text" };
import shanghaitech from "../../configs/data/shanghaitech.yaml" with { type: "text" };
import synthetic from "../../configs/data/synthetic.yaml" with { type: "text" };
import ucf_crime from "../../configs/data/ucf_crime.yaml" with { type: "text" };
import ucf_crime_c3d from "../../configs/data/ucf_crime_c3d.yaml" with { type: "text" };
import ucf_crime_i3d from "../../configs/data/ucf_crime_i3d.yaml" with { type: "text" };
import ucf_crime_i3d_seg32 from "../../configs/data/ucf_crime_i3d_seg32.yaml" with { type: "text" };
import xd_violence from "../../configs/data/xd_violence.yaml" with { type: "text" };
import clip_tsa from "../../configs/runner/clip_tsa.yaml" with { type: "text" };
import gs_moe from "../../configs/runner/gs_moe.yaml" with { type: "text" };
import mgfn from "../../configs/runner/mgfn.yaml" with { type: "text" };
import bn_wvad from "../../configs/runner/bn_wvad.yaml" with { type: "text" };
import mil from "../../configs/runner/mil.yaml" with { type: "text" };
import rtfm from "../../configs/runner/rtfm.yaml" with { type: "text" };
import ur_dmu from "../../configs/runner/ur_dmu.yaml" with { type: "text" };
import s3r from "../../configs/runner/s3r.yaml" with { type: "text" };
import vadclip from "../../configs/runner/vadclip.yaml" with { type: "text" };
import tpwng from "../../configs/runner/tpwng.yaml" with { type: "text" };
import prodisc from "../../configs/runner/prodisc.yaml" with { type: "text" };
import pel4vad from "../../configs/runner/pel4vad.yaml" with { type: "text" };
import dsanet from "../../configs/runner/dsanet.yaml" with { type: "text" };
import demo from "../../configs/trainer/demo.yaml" with { type: "text" };
import epochs from "../../configs/trainer/epochs.yaml" with { type: "text" };
import official from "../../configs/trainer/official.yaml" with { type: "text" };
import quick from "../../configs/trainer/quick.yaml" with { type: "text" };

/** Text of configs/<group>/<name>.yaml, by group and name. */
export const EMBEDDED: Record<"data" | "runner" | "trainer", Record<string, string>> = {
  data: {
    binary,
    features,
    shanghaitech,
    synthetic,
    ucf_crime,
    ucf_crime_c3d,
    ucf_crime_i3d,
    ucf_crime_i3d_seg32,
    xd_violence,
  },
  runner: {
    mil,
    rtfm,
    mgfn,
    ur_dmu,
    bn_wvad,
    gs_moe,
    s3r,
    clip_tsa,
    vadclip,
    tpwng,
    prodisc,
    pel4vad,
    dsanet,
  },
  trainer: { demo, epochs, official, quick },
};

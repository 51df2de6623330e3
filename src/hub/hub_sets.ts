/** Data sets of the Hub that are known by a short name. */

export interface HubSet {
  name: string;
  /** `-` and `_` differ in their names on purpose. */
  repo: string;
  revision: string;
  size: string;
  /** What its files are, and for which methods. */
  what: string;
  /** Features that archives of it must hold. */
  members: Readonly<Record<string, number>>;
}

export const hubSets: readonly HubSet[] = [
  {
    name: "ucf_crime_i3d_seg32",
    repo: "jinmang2/ucf_crime_tencrop_i3d_seg32",
    revision: "tushar-n",
    size: "9.9 GB",
    what: "ten-crop I3D, training in 32 segments: rtfm, mgfn, s3r, gs_moe, mil",
    members: { "train.zip": 1610, "test.zip": 290 },
  },
  {
    name: "ucf_crime_i3d",
    repo: "jinmang2/ucf-crime-tencrop-i3d",
    revision: "main",
    size: "65.8 GB",
    what: "ten-crop I3D at full length: the same, and any number of segments",
    members: {},
  },
  {
    name: "ucf_crime_videos",
    repo: "jinmang2/ucf_crime",
    revision: "main",
    size: "103 GB",
    what: "the videos: wsvad extract makes features of them",
    members: {},
  },
];

/** Rows of chosen snippets on the cpu: copies of whole rows, and their sums on the way back. */

import { registerCpuForm, sizeOf } from "../kernel/cpu_form.ts";

registerCpuForm("WsvadGatherSnippets", (backend, { features, index }) => {
  const [videos, crops, snippets, channels] = features.shape;
  const k = index.shape[1];
  const out = backend.output([videos, crops, k, channels]);
  const from = backend.floats(features), to = backend.floats(out);
  const chosen = backend.typedArrayFromHeap(index) as Int32Array;
  for (let row = 0; row < videos * crops; row++) {
    const video = Math.floor(row / crops);
    for (let j = 0; j < k; j++) {
      const first = (row * snippets + chosen[video * k + j]) * channels;
      to.set(from.subarray(first, first + channels), (row * k + j) * channels);
    }
  }
  return out;
});

registerCpuForm("WsvadScatterSnippets", (backend, { dy, index }, { snippets }) => {
  const [videos, crops, k, channels] = dy.shape;
  const out = backend.output([videos, crops, snippets, channels]);
  backend.floats(out).fill(0, 0, sizeOf(out.shape));
  const chosen = backend.typedArrayFromHeap(index) as Int32Array;
  const from = backend.address(dy), to = backend.address(out), width = channels * 4;
  for (let row = 0; row < videos * crops; row++) {
    const video = Math.floor(row / crops);
    for (let j = 0; j < k; j++) {
      const target = to + (row * snippets + chosen[video * k + j]) * width;
      backend.passes.accumulate(from + (row * k + j) * width, target, channels);
    }
  }
  return out;
});

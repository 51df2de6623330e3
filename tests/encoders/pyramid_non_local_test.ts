import { pyramidNonLocal } from "../../src/encoders/pyramid_non_local.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import { rowsOf } from "../support/plain_layers.ts";
import { batchNormPyramidOf } from "../support/plain_pyramids.ts";

onCpu("pyramidNonLocal takes every crop of every video as a sequence of the pyramid", () => {
  const [T, C] = [5, 8];
  checkSlot(
    pyramidNonLocal,
    { dilations: [1, 2, 3] },
    { sizes: { C }, outputs: ["encoded"] },
    { features: randomTensor([1, 2, T, C], 9) },
    (of) => {
      const named = (name: string) => of[`Aggregate.${name}`];
      return batchNormPyramidOf(rowsOf(of.features, C), T, named, [1, 2, 3]).flat();
    },
    { mode: "train", tolerance: 2e-5 },
  );
});

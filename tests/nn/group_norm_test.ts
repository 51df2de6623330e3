import { groupNorm } from "../../src/nn/group_norm.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart } from "../support/one_part.ts";
import { each, groupNormed, relu, sequencesOf } from "../support/plain_layers.ts";

onCpu("groupNorm() takes each group of channels by its moments over all of time", () => {
  for (const activation of ["none", "relu"] as const) {
    checkPart(
      (scope) => {
        const normalise = groupNorm(scope, "gn", 6, { groups: 2, epsilon: 1e-5, activation });
        return ({ x }) => normalise(x);
      },
      { x: randomTensor([2, 4, 6], 9) },
      (of) =>
        sequencesOf(of.x, 4, 6).flatMap((x) =>
          each(
            groupNormed(x, of["gn.weight"], of["gn.bias"], 2),
            activation === "relu" ? relu : (value) => value,
          ).flat()
        ),
    );
  }
});

import { layerNorm } from "../../src/nn/layer_norm.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart } from "../support/one_part.ts";
import { layerNormed, rowsOf } from "../support/plain_layers.ts";

onCpu("layerNorm() takes each snippet by the moments of its own channels", () => {
  for (const epsilon of [1e-5, 0.1]) {
    checkPart(
      (scope) => {
        const normalise = layerNorm(scope, "ln", 5, epsilon);
        return ({ x }) => normalise(x);
      },
      { x: randomTensor([2, 3, 5], 9) },
      (of) => layerNormed(rowsOf(of.x, 5), of["ln.weight"], of["ln.bias"], epsilon).flat(),
    );
  }
});

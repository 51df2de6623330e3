import { scoreChain, xavierLayer } from "../../src/nn/dense_chain.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart } from "../support/one_part.ts";
import { dense, each, gelu, type Rows, rowsOf, sigmoid } from "../support/plain_layers.ts";

onCpu("xavierLayer() is x W^T + b", () => {
  checkPart(
    (scope) => {
      const layer = xavierLayer(scope, "fc", 3, 2);
      return ({ x }) => layer(x);
    },
    { x: randomTensor([4, 3], 9) },
    (of) => dense(rowsOf(of.x, 3), of["fc.weight"], of["fc.bias"]).flat(),
  );
});

onCpu("scoreChain() has a GELU between its layers and a sigmoid behind the last one", () => {
  checkPart(
    (scope) => {
      const score = scoreChain(scope, "mlp", [3, 4, 2]);
      return ({ x }) => score(x);
    },
    { x: randomTensor([4, 3], 9) },
    (of) => {
      const layer = (x: Rows, i: number) => dense(x, of[`mlp.${i}.weight`], of[`mlp.${i}.bias`]);
      const hidden = each(layer(each(layer(rowsOf(of.x, 3), 0), gelu), 2), gelu);
      return each(layer(hidden, 4), sigmoid).flat();
    },
  );
});

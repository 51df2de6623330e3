import { quickGeluMlp } from "../../src/nn/quick_gelu_mlp.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart } from "../support/one_part.ts";
import { dense, each, quickGelu, rowsOf } from "../support/plain_layers.ts";

onCpu("quickGeluMlp() has x sigmoid(1.702 x) between its two layers", () => {
  checkPart(
    (scope) => {
      const layer = quickGeluMlp(scope, "mlp", 3, 5);
      return ({ x }) => layer(x);
    },
    { x: randomTensor([2, 4, 3], 9) },
    (of) => {
      const wide = dense(rowsOf(of.x, 3), of["mlp.c_fc.weight"], of["mlp.c_fc.bias"]);
      return dense(each(wide, quickGelu), of["mlp.c_proj.weight"], of["mlp.c_proj.bias"]).flat();
    },
  );
});

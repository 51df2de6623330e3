import { convLayer, linearLayer, pointwiseLayer } from "../../src/nn/torch_layers.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart } from "../support/one_part.ts";
import { conv, dense, each, relu, rowsOf, sequencesOf, sigmoid } from "../support/plain_layers.ts";

onCpu("linearLayer() is x W^T + b, and x W^T without a bias", () => {
  checkPart(
    (scope) => {
      const layer = linearLayer(scope, "fc", 3, 2, { activation: "sigmoid" });
      return ({ x }) => layer(x);
    },
    { x: randomTensor([4, 3], 9) },
    (of) => each(dense(rowsOf(of.x, 3), of["fc.weight"], of["fc.bias"]), sigmoid).flat(),
  );
  checkPart(
    (scope) => {
      const layer = linearLayer(scope, "fc", 3, 2, { bias: false });
      return ({ x }) => layer(x);
    },
    { x: randomTensor([4, 3], 9) },
    (of) => dense(rowsOf(of.x, 3), of["fc.weight"]).flat(),
  );
});

onCpu("convLayer() sums over taps that lie the dilation apart, zeros beyond the ends", () => {
  for (const [taps, dilation] of [[3, 1], [3, 2], [5, 1]]) {
    checkPart(
      (scope) => {
        const layer = convLayer(scope, "conv", 3, 2, taps, { dilation });
        return ({ x }) => layer(x);
      },
      { x: randomTensor([2, 5, 3], 9) },
      (of) =>
        sequencesOf(of.x, 5, 3).flatMap((x) =>
          conv(x, of["conv.weight"], of["conv.bias"], { taps, dilation }).flat()
        ),
    );
  }
});

onCpu("pointwiseLayer() is a convolution of one tap", () => {
  checkPart(
    (scope) => {
      const layer = pointwiseLayer(scope, "conv", 3, 2, { activation: "relu" });
      return ({ x }) => layer(x);
    },
    { x: randomTensor([2, 4, 3], 9) },
    (of) =>
      each(conv(rowsOf(of.x, 3), of["conv.weight"], of["conv.bias"], { taps: 1 }), relu).flat(),
  );
});

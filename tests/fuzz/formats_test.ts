import {
  damagedNpyIsReadOrRefused,
  damagedSafetensorsAreReadOrRefused,
  npyKeepsEveryArray,
  safetensorsKeepEveryTensor,
} from "./format_properties.ts";

Deno.test("decodeNpy() reads or refuses any damaged file, and allocates no more than it has", () =>
  damagedNpyIsReadOrRefused(3000));

Deno.test("decodeSafetensors() reads or refuses any damaged file", () =>
  damagedSafetensorsAreReadOrRefused(3000));

Deno.test("decodeNpy() gives what encodeNpy() was given, in both axis orders", () =>
  npyKeepsEveryArray(500));

Deno.test("decodeSafetensors() gives what encodeSafetensors() was given", () =>
  safetensorsKeepEveryTensor(500));

import { npyKeepsEveryArray, safetensorsKeepEveryTensor } from "./format_properties.ts";

Deno.test("decodeNpy() gives what encodeNpy() was given, in both axis orders", () =>
  npyKeepsEveryArray(500));

Deno.test("decodeSafetensors() gives what encodeSafetensors() was given", () =>
  safetensorsKeepEveryTensor(500));

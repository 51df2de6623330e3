import { assertEquals, assertThrows } from "@std/assert";
import { readKernel } from "../../src/device/webgpu/pipelines.ts";

Deno.test("readKernel() finds bindings and uniforms in the text", () => {
  const kernel = readKernel(
    "two.wgsl",
    `// @group(0) @binding(9) var<storage, read> ghost: array<f32>;
struct Sizes { rows: u32, scale: f32, }
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;`,
  );
  assertEquals(kernel.bindings, [
    { index: 1, name: "x", written: false },
    { index: 0, name: "y", written: true },
  ]);
  assertEquals(kernel.uniforms, {
    index: 2,
    scalars: [{ name: "rows", type: "u32" }, { name: "scale", type: "f32" }],
  });
});

Deno.test("readKernel() puts the texts that are included behind the kernel's, each once", () => {
  const own = "// include a.wgsl\n// include b.wgsl\nfn main() {}";
  const a = "// include b.wgsl\n@group(0) @binding(3) var<storage, read> x: array<f32>;";
  const { code, bindings } = readKernel("own.wgsl", own, { "a.wgsl": a, "b.wgsl": "fn b() {}" });
  assertEquals(code, `${own}\n${a}\nfn b() {}`);
  assertEquals(bindings, [{ index: 3, name: "x", written: false }]);
  assertThrows(
    () => readKernel("own.wgsl", own, { "a.wgsl": a }),
    Error,
    "own.wgsl: the text of b.wgsl is not given",
  );
});

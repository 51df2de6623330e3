import "tfjs-whole"; // for its cpu backend
import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { openDryGpu } from "../../../src/bench/dry_gpu.ts";
import { ENGINE_MEMBERS, tapeEngine } from "../../../src/device/tfjs/engine.ts";
import {
  OpenWasmBackend,
  WASM_MEMBERS,
  type WasmModule,
} from "../../../src/device/tfjs/wasm_backend.ts";
import {
  BUFFER_MANAGER_MEMBERS,
  OpenWebGPUBackend,
  WEBGPU_MEMBERS,
} from "../../../src/device/tfjs/webgpu_backend.ts";
import { root, sources, specifiersOf } from "../../rooms/imports.ts";

/** Names with what they are not: none where tfjs has every member that we rely on. */
function missing(object: unknown, members: Record<string, string>): string[] {
  const found = object as Record<string, unknown>;
  return Object.entries(members).filter(([name, kind]) =>
    !(name in found) || typeof found[name] !== kind
  ).map(([name, kind]) => `${name} is no ${kind}: ${typeof found[name]}`);
}

Deno.test("tfjs's engine has the private members that the backward pass relies on", () => {
  tf.setBackend("cpu");
  assertEquals(missing(tapeEngine(), ENGINE_MEMBERS), []);
  tapeEngine().startTape();
  assertEquals(Array.isArray(tapeEngine().state.activeTape), true);
  tapeEngine().endTape();
});

Deno.test("tfjs's own webgpu backend has the private members that ours relies on", async () => {
  const ours = await openDryGpu();
  const backend = new OpenWebGPUBackend(ours.device, {} as GPUAdapterInfo);
  assertEquals(missing(backend, WEBGPU_MEMBERS), []);
  assertEquals(missing(backend.bufferManager, BUFFER_MANAGER_MEMBERS), []);
  tf.removeBackend("webgpu");
});

Deno.test("tfjs's own wasm backend has the private members that ours relies on", () => {
  const module = {
    tfjs: { initWithThreadsCount() {}, getThreadsCount: () => 1 },
  } as unknown as WasmModule;
  assertEquals(missing(new OpenWasmBackend(module), WASM_MEMBERS), []);
});

Deno.test("missing() names what is not there or is something else", () => {
  assertEquals(missing({ a: 1, b() {} }, { a: "number", b: "number", c: "function" }), [
    "b is no number: function",
    "c is no function: undefined",
  ]);
});

Deno.test("src/device/tfjs alone imports tfjs's backends and opens its engine", () => {
  const others = sources("src").filter((file) => !file.startsWith("src/device/tfjs/"));
  const wrong = others.filter((file) => {
    const text = Deno.readTextFileSync(join(root, file));
    return /\bengine\(\) as\b/.test(text) ||
      specifiersOf(text).some((specifier) => specifier.startsWith("@tensorflow/tfjs-backend"));
  });
  assertEquals(wrong, []);
});

Deno.test("nothing above src/device asks which backend runs", () => {
  const others = sources("src").filter((file) => !file.startsWith("src/device/"));
  const wrong = others.filter((file) =>
    /\bgetBackend\(\)/.test(Deno.readTextFileSync(join(root, file)))
  );
  assertEquals(wrong, []);
});

/** tfjs's wasm module from bytes that travel with the program, and its memory. */

import process from "node:process";
import { createWasmModule, wasmBytes, type WasmModule } from "../tfjs/wasm_backend.ts";
import { shareMemory } from "./shared_memory.ts";

/** @param shared whether other threads can be given its memory */
export async function startModule(
  shared: boolean,
): Promise<{ module: WasmModule; memory: WebAssembly.Memory }> {
  let memory: WebAssembly.Memory | undefined;
  // It also hangs handlers on the process that would rethrow every uncaught error in its own name.
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set(listenersOf(event)));
  // The glue code takes Deno for Node and reads __dirname at once, which an ES module bundle lacks.
  const scope = globalThis as { __dirname?: string };
  scope.__dirname = "";
  const starting = createWasmModule({
    instantiateWasm(
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ) {
      WebAssembly.instantiate(shared ? shareMemory(wasmBytes) : wasmBytes, imports).then(
        ({ instance, module }) => {
          memory = Object.values(instance.exports).find((value) =>
            value instanceof WebAssembly.Memory
          );
          done(instance, module);
        },
      );
      return {};
    },
  });
  delete scope.__dirname;
  const module = await starting;
  events.forEach((event, i) => {
    for (const listener of listenersOf(event)) {
      if (!before[i].has(listener)) process.removeListener(event, listener);
    }
  });
  if (!memory) throw new Error("The wasm backend of tfjs exports no memory");
  module.tfjs = {
    init: module.cwrap("init", null, []),
    initWithThreadsCount: module.cwrap("init_with_threads_count", null, ["number"]),
    getThreadsCount: module.cwrap("get_threads_count", "number", []),
    registerTensor: module.cwrap("register_tensor", null, ["number", "number", "number"]),
    disposeData: module.cwrap("dispose_data", null, ["number"]),
    dispose: module.cwrap("dispose", null, []),
  };
  return { module, memory };
}

type ProcessEvent = "uncaughtException" | "unhandledRejection";
type Listener = (...values: unknown[]) => void;

function listenersOf(event: ProcessEvent): Listener[] {
  return (process as unknown as { listeners(event: string): Listener[] }).listeners(event);
}

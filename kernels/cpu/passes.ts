// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// The module that runs on the wasm backend's heap: it imports that memory, allocates nothing and has no
// static data; every address and every byte of scratch memory comes from the caller.

export { gemm, gemmPanelBytes } from "./gemm.ts";

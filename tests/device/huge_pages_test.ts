import { assert } from "@std/assert";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { askForHugePages } from "../../src/device/cpu/huge_pages.ts";

/** Whether the system gives large pages to who asks for them. */
function given(): boolean {
  try {
    const setting = Deno.readTextFileSync("/sys/kernel/mm/transparent_hugepage/enabled");
    return setting.includes("[madvise]");
  } catch {
    return false; // no Linux, or one without them
  }
}

/** Flags of the memory at an address, by /proc: "hg" where large pages were asked for. */
function flagsAt(address: number): string[] {
  let within = false;
  for (const line of Deno.readTextFileSync("/proc/self/smaps").split("\n")) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line);
    if (range) {
      const [start, end] = range.slice(1).map((text) => parseInt(text, 16));
      within = start <= address && address < end;
    } else if (within && line.startsWith("VmFlags:")) return line.split(/\s+/).slice(1);
  }
  return [];
}

Deno.test({
  name: "askForHugePages() asks for them for the memory of an array, shared or not",
  ignore: !given(),
  fn() {
    for (const Buffer of [ArrayBuffer, SharedArrayBuffer]) {
      const bytes = new Uint8Array(new Buffer(1 << 26) as ArrayBuffer);
      const at = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes))) + (1 << 25);
      assert(!flagsAt(at).includes("hg"));
      askForHugePages(bytes.buffer);
      assert(flagsAt(at).includes("hg"), flagsAt(at).join(" "));
    }
    askForHugePages(new ArrayBuffer(0));
  },
});

Deno.test({
  name: "the heap of a device that trains is asked for in large pages",
  ignore: !given(),
  async fn() {
    const { backend } = await openCpu({ blas: "off", threads: 1, repeated: true });
    const heap = new Uint8Array(backend.heap.buffer as unknown as ArrayBuffer);
    const at = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(heap)));
    assert(flagsAt(at + heap.byteLength / 2).includes("hg"));
  },
});

import { assertEquals } from "@std/assert";
import { procFile } from "../src/proc_files.ts";

Deno.test({
  name: "procFile() reads what it may, and else takes what a start script has handed on",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const boot = Deno.readTextFileSync("/proc/sys/kernel/random/boot_id");
    assertEquals(procFile("sys/kernel/random/boot_id"), boot);
    const module = new URL("../src/proc_files.ts", import.meta.url).href;
    const script = `import { procFile } from "${module}";
      console.log(procFile("sys/kernel/random/boot_id"), procFile("self/ns/pid"));`;
    const args = ["run", "--no-prompt", "--allow-env", "--allow-read", "data:text/typescript,"];
    args[args.length - 1] += encodeURIComponent(script);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      env: { WSVAD_PROC_BOOT: "handed on", WSVAD_PROC_PID_SPACE: "", NO_COLOR: "1" },
    }).output();
    const [said, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(said, "handed on null\n", errors);
  },
});

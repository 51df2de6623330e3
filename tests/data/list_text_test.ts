import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseFeatureList } from "../../src/data/list_text.ts";

const ids = ["Abuse001_x264", "Arson007_x264", "Normal_Videos003_x264"];
const labels = ["Abuse", "Arson", "Normal"];
const expected = ids.map((id, i) => ({ path: `UCF ten crop/${id}__5.npy`, label: labels[i] }));

Deno.test("parseFeatureList reads the official forms alike", () => {
  const rows = ["x/Abuse001_x264_i3d.npy", "x/Normal_Videos001_x264_i3d.npy"].map((path) => ({
    path,
  }));
  for (const text of ["\n", "\r\n"].map((end) => rows.map(({ path }) => path).join(end))) {
    assertEquals(parseFeatureList(text, "a.list").rows, rows); // no line end at the end
    assertEquals(parseFeatureList(`\uFEFF${text}\r\n\n`, "a.list").rows, rows);
  }
  assertEquals(parseFeatureList("video-id\nAbuse001_x264\n", "a.csv").rows, [{
    path: "Abuse001_x264",
  }]);
  assertEquals(
    parseFeatureList("path,label\r\n/home/x/Abuse001_x264__0.npy,Abuse\r\n", "a.csv").rows,
    [{ path: "/home/x/Abuse001_x264__0.npy", label: "Abuse" }],
  );
});

Deno.test("parseFeatureList leaves comments out, and no name that begins with #", () => {
  const text = "# training, 2 videos\npath,label\n#\na.npy,Abuse\n# b.npy,Arson\n#1.npy,Arson\n";
  assertEquals(parseFeatureList(text, "a.csv").rows, [
    { path: "a.npy", label: "Abuse" },
    { path: "#1.npy", label: "Arson" },
  ]);
});

Deno.test("parseFeatureList refuses rows that come twice, empty fields and empty lists, by line", () => {
  assertThrows(() => parseFeatureList("a\nb\na\n", "x.list"), SyntaxError, '"x.list", line 3: "a"');
  assertThrows(() => parseFeatureList("a,\n", "x.list"), SyntaxError, "line 1: expected a name");
  assertThrows(() => parseFeatureList("video-id\n\n", "x.list"), SyntaxError, "found none");
});

Deno.test("parseFeatureList reads every usual separator, header, quote and row number alike", () => {
  let read = 0;
  for (
    const [mark, name] of [[",", "commas"], [";", "semicolons"], ["\t", "tabs"], [" ", "spaces"]]
  ) {
    for (const quote of ["", '"', "'"]) {
      for (const header of ["none", "path label", "Video_ID class"]) {
        for (const index of [null, 0, 1, 7]) {
          for (const end of ["\n", "\r\n"]) {
            const number = (i: number) => index === null ? "" : `${index + i}${mark}`;
            const rows = expected.map(({ path, label }, i) =>
              `${number(i)}${quote}${path}${quote}${mark}${quote}${label}${quote}`
            );
            if (header !== "none") {
              rows.unshift((index === null ? "" : `index${mark}`) + header.replace(" ", mark));
            }
            const text = (quote === "" ? "\uFEFF" : "") + rows.join(end) + end;
            if (quote !== "" && mark === " ") continue; // the label in quotes, below
            const list = parseFeatureList(text, "a.csv");
            assertEquals(list.rows, expected, text);
            assert(list.form.includes(`separated by ${name}`), list.form);
            assert(list.form.includes(header === "none" ? "without a header" : "with a header"));
            read++;
          }
        }
      }
    }
  }
  assertEquals(read, 240);
  const quoted = expected.map(({ path, label }) => `"${path}" ${label}`).join("\n");
  assertEquals(parseFeatureList(quoted, "a.list").rows, expected);
});

Deno.test("parseFeatureList reads what data frames and PEL4VAD write", () => {
  const rows = [{ path: "a/Abuse001_x264.npy", label: "1.0" }, { path: "b/c.npy", label: "0.0" }];
  const first = rows.map(({ path, label }) => `${path} ${label}`).join("\n");
  assertEquals(parseFeatureList(first, "a.list").rows, rows);
  const frame = ",path,label\n" + rows.map((row, i) => `${i},${row.path},${row.label}`).join("\n");
  assertEquals(parseFeatureList(frame, "a.csv").rows, rows);
  const turned = rows.map(({ path, label }) => `${label};${path};`).join("\n");
  assertEquals(parseFeatureList(turned, "a.csv").rows, rows);
  const doubled = parseFeatureList('"a ""x"", b.npy",Arson\nc.npy,Abuse', "a.csv").rows;
  assertEquals(doubled[0], { path: 'a "x", b.npy', label: "Arson" });
});

Deno.test("parseFeatureList leaves paths with spaces whole", () => {
  const paths = ["G:\\UCF ten crop\\Arson002_x264_i3d.npy", "my videos/hall 1.npy", "hall 2.npy"];
  assertEquals(parseFeatureList(paths.join("\n"), "a").rows, paths.map((path) => ({ path })));
  assertEquals(parseFeatureList("hall 1\nhall 2", "a").rows, [
    { path: "hall 1" },
    { path: "hall 2" },
  ]);
});

Deno.test("parseFeatureList refuses what it cannot tell, with the line and the form expected", () => {
  const refused: [string, string][] = [
    ["a.npy,Abuse\nb.npy\nc.npy,Arson", "line 2: it has 1 field where line 1 has 2"],
    ["a.npy;Abuse\nb.npy;Arson\nc.npy Arson", "line 3: it has 1 field"],
    ["a.npy,Abuse,x\nb.npy,Arson,y", "line 1: which of its 3 fields is the label"],
    ["a.npy,b.npy\nc.npy,d.npy", "line 1: which column names the video"],
    ["0,a.npy\n1,b.npy", 'line 1: "0" may be a row number or a label'],
    ['"a.npy,Abuse\nb.npy,Arson', "line 1: its quotes are not closed"],
    ["Abuse a.npy\nArson b.npy", 'line 1: the label "Abuse" seems to come first'],
  ];
  for (const [text, message] of refused) {
    assertThrows(() => parseFeatureList(text, "x.csv"), SyntaxError, message);
    assertThrows(() => parseFeatureList(text, "x.csv"), SyntaxError, 'expected "<path>" or');
  }
});

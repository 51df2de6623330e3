import { assert, assertEquals, assertThrows } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { xavierUniform, zeros } from "../../src/nn/initialisers.ts";
import { ParameterStore } from "../../src/nn/parameter_store.ts";
import { withDevice } from "../support/with_device.ts";

function store(start: ConstructorParameters<typeof ParameterStore>[0]): ParameterStore {
  const parameters = new ParameterStore(start);
  parameters.add("fc1.weight", [2, 3], xavierUniform, true);
  parameters.add("fc2.weight", [2, 3], xavierUniform, true);
  parameters.add("bn.running_mean", [2], zeros, false);
  return parameters;
}

type Values = Awaited<ReturnType<ParameterStore["read"]>>;

const value = (shape: number[], fill: number) => ({
  shape,
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(fill),
});

const whole = (): Values =>
  new Map([
    ["fc1.weight", value([2, 3], 1)],
    ["fc2.weight", value([2, 3], 2)],
    ["bn.running_mean", value([2], 3)],
  ]);

Deno.test("ParameterStore starts from the same bytes for the same seed and name, whatever the order", () =>
  withDevice(async () => {
    const [first, other] = [store(4), store(5)];
    const reversed = new ParameterStore(4);
    reversed.add("fc2.weight", [2, 3], xavierUniform, true);
    reversed.add("fc1.weight", [2, 3], xavierUniform, true);
    const [a, b, c] = [await first.read(), await reversed.read(), await other.read()];
    for (const name of ["fc1.weight", "fc2.weight"]) assertEquals(b.get(name), a.get(name));
    const [start, otherName, otherSeed] = [
      a.get("fc1.weight"),
      a.get("fc2.weight"),
      c.get("fc1.weight"),
    ]
      .map((value) => String(value!.data));
    assert(start !== otherName && start !== otherSeed);
    for (const one of [first, other, reversed]) one.dispose();
  }));

Deno.test("ParameterStore counts what is trained, and starts from zeros without a seed", () =>
  withDevice(async () => {
    const parameters = store(null);
    assertEquals(parameters.size, 12);
    assertEquals(parameters.trained().map(({ name }) => name), ["fc1.weight", "fc2.weight"]);
    assertEquals((await parameters.read()).get("fc1.weight"), value([2, 3], 0));
    parameters.dispose();
  }));

Deno.test("ParameterStore.assign() sets every parameter and buffer", () =>
  withDevice(async () => {
    const parameters = store(1);
    parameters.assign(whole(), '"a.safetensors"');
    assertEquals(await parameters.read(), whole());
    parameters.dispose();
  }));

const REFUSED: [what: string, change: (values: Values) => void, problem: string][] = [
  ["a missing name", (values) => values.delete("fc2.weight"), "missing fc2.weight [2,3]"],
  ["an unknown name", (values) => values.set("fc9.bias", value([1], 0)), "unknown fc9.bias"],
  [
    "another shape of the same size",
    (values) => values.set("fc2.weight", value([3, 2], 0)),
    "fc2.weight: expected [2,3], found [3,2]",
  ],
  [
    "a missing buffer",
    (values) => values.delete("bn.running_mean"),
    "missing bn.running_mean [2]",
  ],
];

Deno.test("ParameterStore begins with the values that it is given, and draws none", () =>
  withDevice(async () => {
    const parameters = new ParameterStore(whole());
    const draws = (): Float32Array => {
      throw new Error("an initialiser was asked");
    };
    for (const [name, { shape }] of whole()) parameters.add(name, shape, draws, true);
    parameters.requireGiven('"a.safetensors"');
    assertEquals(await parameters.read(), whole());
    parameters.dispose();
  }));

for (const [what, change, problem] of REFUSED) {
  Deno.test(`ParameterStore.requireGiven() refuses ${what}`, () =>
    withDevice(() => {
      const values = whole();
      change(values);
      const parameters = store(values);
      const error = assertThrows(
        () => parameters.requireGiven('"a.safetensors"'),
        TypeError,
        `Cannot load weights from "a.safetensors": ${problem}; `,
      );
      assert(isFault(error));
      parameters.dispose();
    }));
}

for (const [what, change, problem] of REFUSED) {
  Deno.test(`ParameterStore.assign() refuses ${what} and changes nothing`, () =>
    withDevice(async () => {
      const parameters = store(1);
      const before = await parameters.read();
      const values = whole();
      change(values);
      const error = assertThrows(
        () => parameters.assign(values, '"a.safetensors"'),
        TypeError,
        `Cannot load weights from "a.safetensors": ${problem}; `,
      );
      assert(isFault(error));
      assertEquals(await parameters.read(), before);
      parameters.dispose();
    }));
}

Deno.test("ParameterStore.assign() lists five problems and counts the others", () =>
  withDevice(() => {
    const parameters = store(1);
    const strange: Values = new Map(["a", "b", "c", "d"].map((name) => [name, value([1], 0)]));
    const error = assertThrows(() => parameters.assign(strange, "x"));
    assertEquals(error.message.split("; ").slice(3, 6), ["unknown a", "unknown b", "and 2 more"]);
    parameters.dispose();
  }));

Deno.test("ParameterStore.assign() passes over names that the official files hold without use", () =>
  withDevice(() => {
    const parameters = store(1);
    parameters.addUnused("clip_model.");
    parameters.assign(whole().set("clip_model.logit_scale", value([1], 0)), "x");
    assertThrows(
      () => parameters.assign(whole().set("clip", value([1], 0)), "x"),
      TypeError,
      "unknown clip",
    );
    parameters.dispose();
  }));

Deno.test("ParameterStore.add() refuses a second parameter of a name", () =>
  withDevice(() => {
    const parameters = store(1);
    const error = assertThrows(
      () => parameters.add("fc1.weight", [1], zeros, true),
      Error,
      '"fc1.weight" exists twice',
    );
    assert(!isFault(error), "a slot's mistake, not the user's");
    parameters.dispose();
  }));

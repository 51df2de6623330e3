/**
 * The names that PyTorch's pickles call: tensors as views on storages that lie beside the pickle.
 *
 * Source: pytorch:torch/_utils.py, `_rebuild_tensor_v2`, and torch/serialization.py,
 * `persistent_id`.
 */

import { containerNames, lengthsOf } from "./pickle_names.ts";
import type { PickleTables } from "./pickle.ts";
import { type StoredDtype, storedItemBytes } from "./safetensors_header.ts";
import type { StoredTensor } from "./safetensors.ts";

const STORAGES: Readonly<Record<string, StoredDtype>> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** What a TorchScript program's lists and typed values are wrapped in. */
const LISTS = [
  "build_boollist",
  "build_doublelist",
  "build_intlist",
  "build_tensorlist",
  "restore_type_tag",
];

/** Kinds of elements as settings name them: texts. */
const NAMED_KINDS = ["float16", "bfloat16", "float32", "float64", "uint8", "int32", "int64"];

/**
 * Elements that expanded tensors may have beyond their storages, or a small file would ask for any
 * memory.
 */
const MOST_REPEATED = 2 ** 22;

/** Values in a row that tensors look at. */
export interface Storage {
  dtype: StoredDtype;
  key: string;
  /** Elements. */
  length: number;
}

/** A tensor as its pickle describes it, inside of its storage. */
export class TorchTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: number[],
    readonly strides: number[],
  ) {
    Object.freeze(this);
  }

  /** Whether the elements lie in C order without gaps. */
  get inOrder(): boolean {
    let step = 1;
    return this.shape.every((_, i) => {
      const axis = this.shape.length - 1 - i;
      const fits = this.shape[axis] === 1 || this.strides[axis] === step;
      step *= this.shape[axis];
      return fits;
    }) || step === 0;
  }

  /** The elements in C order; they share the storage's memory where they lie so. */
  of(storage: Uint8Array): StoredTensor {
    const { dtype } = this.storage;
    const itemBytes = storedItemBytes[dtype];
    const count = this.shape.reduce((a, b) => a * b, 1);
    const begin = this.offset * itemBytes;
    if (this.inOrder) {
      const bytes = storage.subarray(begin, begin + count * itemBytes);
      return { dtype, shape: [...this.shape], bytes };
    }
    const bytes = new Uint8Array(count * itemBytes);
    const index = this.shape.map(() => 0);
    for (let to = 0, from = this.offset; to < count; to++) {
      for (let i = 0; i < itemBytes; i++) bytes[to * itemBytes + i] = storage[from * itemBytes + i];
      for (let axis = index.length - 1; axis >= 0; axis--) {
        from += this.strides[axis];
        if (++index[axis] < this.shape[axis]) break;
        from -= this.strides[axis] * this.shape[axis];
        index[axis] = 0;
      }
    }
    return { dtype, shape: [...this.shape], bytes };
  }
}

/**
 * Tables for {@link unpickle}, and the storages that were named.
 *
 * @param most values that calls may copy
 * @param scripted whether the pickle is of a TorchScript program, whose modules have classes of
 *     their own
 */
export function torchTables(
  most: number,
  scripted = false,
): PickleTables & { storages: Map<string, Storage> } {
  const storages = new Map<string, Storage>();
  const classes = new Map<unknown, StoredDtype>();
  const names: Map<string, unknown> = containerNames(most);
  for (const [name, dtype] of Object.entries(STORAGES)) {
    const storageClass = Object.freeze(() => {
      throw new Error("a storage made in place");
    });
    classes.set(storageClass, dtype);
    names.set(`torch ${name}`, storageClass);
  }
  let repeats = MOST_REPEATED;
  const rebuild = (storage: unknown, offset: unknown, size: unknown, stride: unknown) => {
    const known = storages.get((storage as Storage)?.key);
    if (known === undefined || known !== storage) throw new Error("a tensor without a storage");
    const tensor = tensorIn(known, offset, size, stride);
    repeats -= Math.max(0, tensor.shape.reduce((a, b) => a * b, 1) - known.length);
    if (repeats < 0) throw new Error("tensors that repeat their elements millions of times");
    return tensor;
  };
  const parameter = (tensor: unknown) => {
    if (!(tensor instanceof TorchTensor)) throw new Error("a parameter that is no tensor");
    return tensor;
  };
  names.set("torch._utils _rebuild_tensor", Object.freeze(rebuild));
  names.set("torch._utils _rebuild_tensor_v2", Object.freeze(rebuild));
  names.set("torch._utils _rebuild_parameter", Object.freeze(parameter));
  const same = (value: unknown) => value;
  names.set("torch Size", Object.freeze(same));
  names.set("torch device", Object.freeze((kind: unknown) => String(kind)));
  for (const kind of NAMED_KINDS) names.set(`torch ${kind}`, `torch.${kind}`);
  const persistent = (id: unknown) => {
    const [what, storageClass, key, , length, view] = id as unknown[];
    const dtype = classes.get(storageClass);
    const count = Number(length);
    if (what !== "storage" || dtype === undefined || typeof key !== "string") {
      throw new Error("a storage of an unknown kind");
    }
    if (view !== undefined && view !== null) throw new Error("a storage inside of a storage");
    if (!Number.isSafeInteger(count) || count < 0) throw new Error("a storage without a length");
    const known = storages.get(key);
    if (known === undefined) {
      const storage = Object.freeze({ dtype, key, length: count });
      storages.set(key, storage);
      return storage;
    }
    if (known.dtype !== dtype || known.length !== count) {
      throw new Error(`storage "${key.slice(0, 40)}" of two kinds or lengths`);
    }
    return known;
  };
  if (!scripted) return { names, persistent, storages };
  for (const list of LISTS) names.set(`torch.jit._pickle ${list}`, Object.freeze(same));
  const moduleClass = names.get("argparse Namespace");
  const ofProgram = {
    get: (name: string) => /^__torch__[. ]/.test(name) ? moduleClass : names.get(name),
  };
  return { names: ofProgram, persistent, storages };
}

/** Every element must lie in the storage. */
function tensorIn(storage: Storage, offset: unknown, size: unknown, stride: unknown): TorchTensor {
  const [begin] = lengthsOf([offset]);
  const shape = lengthsOf(size), strides = lengthsOf(stride);
  if (shape.length !== strides.length) throw new Error("a tensor with strides of another rank");
  const count = shape.reduce((a, b) => a * b, 1);
  const last = shape.reduce((at, length, axis) => at + (length - 1) * strides[axis], begin);
  if (count > 0 && !(last < storage.length)) {
    throw new Error(
      `a tensor [${
        shape.join(", ")
      }] that reaches over the ${storage.length} elements of its storage`,
    );
  }
  return new TorchTensor(storage, begin, shape, strides);
}

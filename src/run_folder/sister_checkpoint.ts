/**
 * Checkpoints of jinmang2/wsad, whose models are the same methods under other names: what its
 * tensors are called in the official codes, and what else its files say of a model.
 *
 * Source: jinmang2/wsad, the module names in src/models; jinmang2/anomaly_detection_on_video,
 * scripts/convert_official_to_hf.py.
 */

import { fault } from "../fault.ts";

/** What a tensor becomes: its official name, or why it is left out. */
type Place = { name: string } | { why: string };

/** A model of that project, known by the names of its tensors. */
interface Form {
  /** As in "the mgfn of jinmang2/wsad". */
  method: string;
  known: RegExp;
  place(name: string): Place;
  /** What its computation differs in from the recipe here. */
  settings?: string[];
  /** What the file does not say. */
  note?: string;
}

/** What the tensors of a file are, where they have names of that project. */
export interface SisterNames {
  method: string;
  places: Map<string, Place>;
  settings: string[];
  note: string | null;
}

const REGRESSOR = { "0": "fc1", "3": "fc2", "6": "fc3" } as Record<string, string>;
const FEED_FORWARD = { layer_norm: "0", in_conv: "1", out_conv: "4" } as Record<string, string>;

const FORMS: readonly Form[] = [
  {
    method: "mil",
    known: /^regressor\.0\./,
    place: (name) => ({
      name: name.replace(/^regressor\.([036])\./, (_, i) => `${REGRESSOR[i]}.`),
    }),
    // Its features are given to the first layer as they are.
    settings: ["data.normalize=none"],
    note:
      "earlier versions of jinmang2/wsad have a ReLU behind the second layer, later ones and the " +
      "official code have none, and the file does not say which: for an early one add " +
      "runner.head.activations=[relu,relu]",
  },
  {
    method: "rtfm",
    known: /^mtn\.conv_1\./,
    place: (name) => ({ name: name.replace(/^mtn\./, "Aggregate.") }),
  },
  {
    method: "mgfn",
    known: /^backbone\.amplifier\./,
    place: (name) => ({
      name: name.replace(/^backbone\.amplifier\./, "")
        .replace(/^layer_norm\./, "to_logits.0.")
        .replace(/^backbone\.layers\.(\d+)\.\d+\.layer_norm\./, "stages.$1.1.0.")
        .replace(/^backbone\.layers\.(\d+)\.\d+\.conv\./, "stages.$1.1.1.")
        .replace(/^backbone\.layers\.(\d+)\.(\d+)\.scc\./, "stages.$1.0.layers.$2.0.")
        .replace(/^backbone\.layers\.(\d+)\.(\d+)\.attention\./, "stages.$1.0.layers.$2.1.")
        .replace(
          /^backbone\.layers\.(\d+)\.(\d+)\.ffn\.(layer_norm|in_conv|out_conv)\./,
          (_, stage, block, part) => `stages.${stage}.0.layers.${block}.2.${FEED_FORWARD[part]}.`,
        ),
    }),
  },
  {
    method: "clip_tsa",
    known: /^aggregate\.conv_1\./,
    place: (name) => ({ name: name.replace(/^aggregate\./, "Aggregate.") }),
    note:
      "how many snippets the selector keeps is no part of the weights: jinmang2/wsad has 0.7 where " +
      "nothing else is set (topk_ratio); for that add runner.encoder.ratio=0.7",
  },
  {
    method: "pel4vad",
    known: /^encoder\.self_attn\.q\./,
    place: (name) => {
      if (/^(class_prompts$|text_proj\.)/.test(name)) {
        return { why: "serves the training of jinmang2/wsad alone" };
      }
      return { name: name.replace(/^encoder\./, "self_attention.") };
    },
  },
];

/** Its s3r has the official names, and the dictionary of normal patterns among them. */
const DICTIONARY = "dictionary";

/**
 * What the tensors of a checkpoint are under the official names.
 *
 * @param shapes of the tensors, by their names without wrappers
 * @param overrides what the user has set: a dictionary that is named counts, not the file's
 * @returns null where the names are those of no model of jinmang2/wsad
 * @throws fault: a model that computes something else under the name of a method here
 */
export function sisterNames(
  shapes: ReadonlyMap<string, readonly number[]>,
  overrides: readonly string[],
  path: string,
): SisterNames | null {
  const names = [...shapes.keys()];
  if (names.some((name) => name.startsWith("tcsal."))) {
    throw fault(
      TypeError,
      `Cannot import "${path}": it is the tpwng of jinmang2/wsad, which computes its scores otherwise (by similarity to texts, with one span for all layers): its weights mean nothing here; train tpwng here`,
    );
  }
  const slots = shapes.get(DICTIONARY)?.[0];
  if (slots !== undefined && shapes.has("en_normal.en_normal_module.query_embedding.weight")) {
    const named = overrides.some((text) => /^\+*runner\.encoder\.(dictionary|learned)=/.test(text));
    const why = "a dictionary was named in its place";
    const places = names.map((name) =>
      [name, named && name === DICTIONARY ? { why } : { name }] as const
    );
    const settings = named ? [] : ["runner.encoder.learned=true", `runner.encoder.slots=${slots}`];
    return { method: "s3r", places: new Map(places), settings, note: null };
  }
  const form = FORMS.find(({ known }) => names.some((name) => known.test(name)));
  if (form === undefined) return null;
  const { method, settings = [], note = null } = form;
  return { method, places: new Map(names.map((name) => [name, form.place(name)])), settings, note };
}

/** Model classes in the config.json of that project's folders, and the methods that they are. */
const CLASSES: Record<string, string> = {
  SultaniForVideoAnomalyDetection: "mil",
  RTFMForVideoAnomalyDetection: "rtfm",
  MGFNForVideoAnomalyDetection: "mgfn",
  URDMUForVideoAnomalyDetection: "ur_dmu",
  BNWVADForVideoAnomalyDetection: "bn_wvad",
  GSMoEForVideoAnomalyDetection: "gs_moe",
  S3RForVideoAnomalyDetection: "s3r",
  CLIPTSAForVideoAnomalyDetection: "clip_tsa",
  VadCLIPForVideoAnomalyDetection: "vadclip",
  TPWNGForVideoAnomalyDetection: "tpwng",
  PEL4VADForVideoAnomalyDetection: "pel4vad",
};

/** What the settings in config.json are here: those that make other scores of the same weights. */
const SETTINGS: Record<string, Record<string, string>> = {
  mgfn: {
    dim_head: "runner.encoder.head_width",
    ff_repe: "runner.encoder.feed_forward",
    local_aggr_kernel: "runner.encoder.kernel",
    mag_ratio: "runner.encoder.magnitude_ratio",
  },
  ur_dmu: {
    hidden_size: "runner.encoder.hidden",
    num_layers: "runner.encoder.layers",
    num_heads: "runner.encoder.heads",
  },
  bn_wvad: {
    hidden_size: "runner.encoder.hidden",
    num_layers: "runner.encoder.layers",
    num_heads: "runner.encoder.heads",
  },
  gs_moe: {
    hidden_size: "runner.encoder.hidden",
    num_experts: "runner.encoder.experts",
    expert_heads: "runner.encoder.heads",
    gate_heads: "runner.head.heads",
  },
  clip_tsa: { topk_ratio: "runner.encoder.ratio", num_samples: "runner.encoder.samples" },
  vadclip: {
    visual_layers: "runner.encoder.layers",
    visual_head: "runner.encoder.heads",
    visual_length: "runner.encoder.length",
    attn_window: "runner.encoder.window",
    prompt_prefix: "runner.branch.prefix",
    prompt_postfix: "runner.branch.postfix",
    class_names: "runner.branch.classes",
  },
  pel4vad: {
    hidden_size: "runner.encoder.hidden",
    out_dim: "runner.encoder.out",
    win_size: "runner.encoder.window",
    norm: "runner.encoder.power_norm",
    t_step: "runner.head.kernel",
  },
};

/** Whether that project has a model of the method: a file of settings may have any other name. */
export function isSisterMethod(name: string): boolean {
  return Object.values(CLASSES).includes(name);
}

/** What the config.json beside the weights says of the model. */
export interface SisterConfig {
  /** The method, where the file names a model class of jinmang2/wsad. */
  method: string | null;
  /** key=value. */
  settings: string[];
}

/**
 * Reads what a config.json of Hugging Face's libraries says: nothing where it is of another
 * project.
 *
 * @throws fault: no JSON object
 */
export function sisterConfig(text: string, path: string): SisterConfig {
  const config = jsonObject(text, path);
  const { architectures } = config;
  const [name] = Array.isArray(architectures) ? architectures : [];
  const method = typeof name === "string" && Object.hasOwn(CLASSES, name) ? CLASSES[name] : null;
  if (method === null) return { method, settings: [] };
  const settings = Object.entries(SETTINGS[method] ?? {}).flatMap(([key, setting]) =>
    isPlain(config[key]) ? [`${setting}=${JSON.stringify(config[key])}`] : []
  );
  return { method, settings: [...settings, ...sizesOf(method, config)] };
}

/** Sizes that several settings of theirs make together. */
function sizesOf(method: string, config: Record<string, unknown>): string[] {
  const numbers = (...keys: string[]) => keys.map((key) => config[key]).every(Number.isInteger);
  if (method === "mil" && numbers("hidden1", "hidden2")) {
    return [`runner.head.hidden=[${config.hidden1},${config.hidden2}]`];
  }
  const width = config.hidden_size;
  if (method === "ur_dmu" || method === "bn_wvad") {
    const settings = typeof width === "number" ? [`runner.encoder.ff_dim=${width}`] : [];
    if (method === "ur_dmu" && numbers("mem_size")) {
      for (const side of ["abnormal", "normal"]) {
        settings.push(`runner.head.${side}_slots=${config.mem_size}`);
      }
    }
    const { ratios } = config;
    if (method === "bn_wvad" && typeof width === "number" && isNumbers(ratios)) {
      const channels = ratios.map((ratio) => Math.floor(width / ratio));
      settings.push(`runner.head.channels=${JSON.stringify(channels)}`);
    }
    return settings;
  }
  const { dims, depths, mgfn_types: mixers } = config;
  if (method === "mgfn" && isNumbers(dims) && isNumbers(depths) && Array.isArray(mixers)) {
    const stages = dims.map((width, i) =>
      `{mixer: ${mixers[i] === "gb" ? "glance" : "focus"}, width: ${width}, blocks: ${depths[i]}}`
    );
    return [`runner.encoder.stages=[${stages.join(", ")}]`];
  }
  return [];
}

function jsonObject(text: string, path: string): Record<string, unknown> {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw fault(
    SyntaxError,
    `Cannot read "${path}": it is no JSON object, expected the config.json of a model; copy the folder again, or name the file of weights itself from another folder`,
  );
}

/** A number, a truth value, or a list of texts. */
function isPlain(value: unknown): boolean {
  return typeof value === "number" || typeof value === "boolean" ||
    Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "string");
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((part) => typeof part === "number");
}

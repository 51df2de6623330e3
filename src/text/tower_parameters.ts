/** The parameters of CLIP's text tower: OpenAI's keys with their shapes. */

import type { TowerSizes } from "./clip_settings.ts";

/**
 * In the order of the official state dict. Linear weights are [out, in], `text_projection` is
 * [in, out].
 */
export function towerParameters(
  { vocabulary, context, width, layers, embed }: TowerSizes,
): Map<string, number[]> {
  const shapes = new Map<string, number[]>([
    ["positional_embedding", [context, width]],
    ["text_projection", [width, embed]],
  ]);
  for (let i = 0; i < layers; i++) {
    const name = `transformer.resblocks.${i}`;
    shapes.set(`${name}.attn.in_proj_weight`, [3 * width, width]);
    shapes.set(`${name}.attn.in_proj_bias`, [3 * width]);
    shapes.set(`${name}.attn.out_proj.weight`, [width, width]);
    shapes.set(`${name}.attn.out_proj.bias`, [width]);
    shapes.set(`${name}.ln_1.weight`, [width]);
    shapes.set(`${name}.ln_1.bias`, [width]);
    shapes.set(`${name}.mlp.c_fc.weight`, [4 * width, width]);
    shapes.set(`${name}.mlp.c_fc.bias`, [4 * width]);
    shapes.set(`${name}.mlp.c_proj.weight`, [width, 4 * width]);
    shapes.set(`${name}.mlp.c_proj.bias`, [width]);
    shapes.set(`${name}.ln_2.weight`, [width]);
    shapes.set(`${name}.ln_2.bias`, [width]);
  }
  shapes.set("token_embedding.weight", [vocabulary, width]);
  shapes.set("ln_final.weight", [width]);
  shapes.set("ln_final.bias", [width]);
  return shapes;
}

/**
 * The image tower of CLIP as methods of its text tower find it in checkpoints: the names and shapes
 * of ViT-B/16, which nothing of theirs reads.
 *
 * Source: openai/CLIP, clip/model.py, `VisionTransformer`.
 */

const WIDTH = 768, LAYERS = 12, PATCH = 16, IMAGE = 224, OUT = 512;

/**
 * Shapes by the name behind `visual.`.
 *
 * @param width of the space that image and text share; none where it is not that of ViT-B/16
 */
export function clipImageShapes(width: number): Record<string, number[]> {
  if (width !== OUT) return {};
  const shapes: Record<string, number[]> = {
    class_embedding: [WIDTH],
    positional_embedding: [(IMAGE / PATCH) ** 2 + 1, WIDTH],
    proj: [WIDTH, OUT],
    "conv1.weight": [WIDTH, 3, PATCH, PATCH],
  };
  const both = (name: string, weight: number[]) => {
    shapes[`${name}.weight`] = weight;
    shapes[`${name}.bias`] = [weight[0]];
  };
  for (const name of ["ln_pre", "ln_post"]) both(name, [WIDTH]);
  for (let i = 0; i < LAYERS; i++) {
    const block = `transformer.resblocks.${i}`;
    shapes[`${block}.attn.in_proj_weight`] = [3 * WIDTH, WIDTH];
    shapes[`${block}.attn.in_proj_bias`] = [3 * WIDTH];
    both(`${block}.attn.out_proj`, [WIDTH, WIDTH]);
    both(`${block}.mlp.c_fc`, [4 * WIDTH, WIDTH]);
    both(`${block}.mlp.c_proj`, [WIDTH, 4 * WIDTH]);
    for (const name of ["ln_1", "ln_2"]) both(`${block}.${name}`, [WIDTH]);
  }
  return shapes;
}

/** Every op's form on the webgpu device; importing this file registers them. */

import "./activation.ts";
import "./attention.ts";
import "./batch_norm.ts";
import "./column_sum.ts";
import "./crop_mean.ts";
import "./distance_decay.ts";
import "./dual_branch_attention.ts";
import "./gelu.ts";
import "./group_norm.ts";
import "./l2_norm.ts";
import "./linear.ts";
import "./loss_scale.ts";
import "./optimizer_step.ts";
import "./random_values.ts";
import "./running_average.ts";
import "./shared_conv.ts";
import "./similarity_graph.ts";
import "./softmax.ts";
import "./span_attention.ts";
import "./sum_squares.ts";
import "./temporal_conv.ts";
import "./top_k.ts";
import "./top_k_mask.ts";

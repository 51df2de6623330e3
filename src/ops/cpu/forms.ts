/** Every op's form on the cpu device; importing this file registers them. */

import "./activation.ts";
import "./attention.ts";
import "./batch_norm.ts";
import "./column_sum.ts";
import "./crop_mean.ts";
import "./distance_decay.ts";
import "./dual_branch_attention.ts";
import "./gelu.ts";
import "./graph_product.ts";
import "./l2_norm.ts";
import "./layer_norm.ts";
import "./linear.ts";
import "./optimizer_step.ts";
import "./perturbed_top_k.ts";
import "./quick_gelu.ts";
import "./quick_gelu_mlp.ts";
import "./random_values.ts";
import "./running_average.ts";
import "./span_attention.ts";
import "./similarity_graph.ts";
import "./squared_norm.ts";
import "./temporal_conv.ts";
import "./top_k.ts";
import "./top_k_mask.ts";

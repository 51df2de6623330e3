/** Every op's form on the cpu device; importing this file registers them, and the gradients that tfjs lacks. */

import { installGradients } from "../tfjs_gradients.ts";
import "../activation/cpu.ts";
import "../attention/cpu.ts";
import "../batch_norm/cpu.ts";
import "../channel_norm/cpu.ts";
import "../column_sum/cpu.ts";
import "../crop_mean/cpu.ts";
import "../distance_decay/cpu.ts";
import "../dual_branch_attention/cpu.ts";
import "../gelu/cpu.ts";
import "../graph_product/cpu.ts";
import "../group_norm/cpu.ts";
import "../l2_norm/cpu.ts";
import "../layer_norm/cpu.ts";
import "../linear/cpu.ts";
import "../optimizer_step/cpu.ts";
import "../perturbed_top_k/cpu.ts";
import "../quick_gelu/cpu.ts";
import "../quick_gelu_mlp/cpu.ts";
import "../random_values/cpu.ts";
import "../running_average/cpu.ts";
import "../span_attention/cpu.ts";
import "../similarity_graph/cpu.ts";
import "../shared_conv/cpu.ts";
import "../squared_norm/cpu.ts";
import "../temporal_conv/cpu.ts";
import "../top_k/cpu.ts";
import "../top_k_mask/cpu.ts";

installGradients();

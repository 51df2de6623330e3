/** Every op's form on the webgpu device; importing this file registers them, and the gradients that tfjs lacks. */

import { installGradients } from "../tfjs_gradients.ts";
import "../activation/gpu.ts";
import "../attention/gpu.ts";
import "../batch_norm/gpu.ts";
import "../column_sum/gpu.ts";
import "../crop_mean/gpu.ts";
import "../distance_decay/gpu.ts";
import "../dual_branch_attention/gpu.ts";
import "../gelu/gpu.ts";
import "../group_norm/gpu.ts";
import "../l2_norm/gpu.ts";
import "../linear/gpu.ts";
import "../loss_scale/gpu.ts";
import "../optimizer_step/gpu.ts";
import "../random_values/gpu.ts";
import "../running_average/gpu.ts";
import "../shared_conv/gpu.ts";
import "../similarity_graph/gpu.ts";
import "../softmax/gpu.ts";
import "../span_attention/gpu.ts";
import "../squared_norm/gpu.ts";
import "../temporal_conv/gpu.ts";
import "../top_k/gpu.ts";
import "../top_k_mask/gpu.ts";

installGradients();

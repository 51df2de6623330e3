// adam_together: one step of Adam of seven parameters, in place; the bits are those of adam.wgsl
//   parameter0 .. 6, m0 .. 6, v0 .. 6 [size0 .. 6] f32, read and written; gradient0 .. 6, read;
//     a size of 0 leaves a place empty
//   hyper and scale as in optimizer_settings.wgsl
//   30 storage buffers, for adapters that bind so many
//   one invocation per element; dispatch (ceil(largest size / 256), 7, 1)
// include optimizer_settings.wgsl
// include adam_rule.wgsl

struct SizesTogether {
  size0: u32,
  size1: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  size5: u32,
  size6: u32,
}

@group(0) @binding(0) var<storage, read_write> parameter0: array<f32>;
@group(0) @binding(1) var<storage, read_write> parameter1: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameter2: array<f32>;
@group(0) @binding(3) var<storage, read_write> parameter3: array<f32>;
@group(0) @binding(4) var<storage, read_write> parameter4: array<f32>;
@group(0) @binding(5) var<storage, read_write> parameter5: array<f32>;
@group(0) @binding(6) var<storage, read_write> parameter6: array<f32>;
@group(0) @binding(7) var<storage, read_write> m0: array<f32>;
@group(0) @binding(8) var<storage, read_write> m1: array<f32>;
@group(0) @binding(9) var<storage, read_write> m2: array<f32>;
@group(0) @binding(10) var<storage, read_write> m3: array<f32>;
@group(0) @binding(11) var<storage, read_write> m4: array<f32>;
@group(0) @binding(12) var<storage, read_write> m5: array<f32>;
@group(0) @binding(13) var<storage, read_write> m6: array<f32>;
@group(0) @binding(14) var<storage, read_write> v0: array<f32>;
@group(0) @binding(15) var<storage, read_write> v1: array<f32>;
@group(0) @binding(16) var<storage, read_write> v2: array<f32>;
@group(0) @binding(17) var<storage, read_write> v3: array<f32>;
@group(0) @binding(18) var<storage, read_write> v4: array<f32>;
@group(0) @binding(19) var<storage, read_write> v5: array<f32>;
@group(0) @binding(20) var<storage, read_write> v6: array<f32>;
@group(0) @binding(21) var<storage, read> gradient0: array<f32>;
@group(0) @binding(22) var<storage, read> gradient1: array<f32>;
@group(0) @binding(23) var<storage, read> gradient2: array<f32>;
@group(0) @binding(24) var<storage, read> gradient3: array<f32>;
@group(0) @binding(25) var<storage, read> gradient4: array<f32>;
@group(0) @binding(26) var<storage, read> gradient5: array<f32>;
@group(0) @binding(27) var<storage, read> gradient6: array<f32>;
@group(0) @binding(28) var<storage, read> hyper: Hyper;
@group(0) @binding(29) var<storage, read> scale: array<f32, 1>;
@group(0) @binding(30) var<uniform> counts: SizesTogether;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group.x * WORKGROUP + lane;
  if (scale[0] == 0.0) {
    return;
  }
  switch group.y {
    case 0u: {
      if (i < counts.size0) {
        let after = adam_step(Adam(parameter0[i], m0[i], v0[i]), gradient0[i]);
        parameter0[i] = after.parameter;
        m0[i] = after.m;
        v0[i] = after.v;
      }
    }
    case 1u: {
      if (i < counts.size1) {
        let after = adam_step(Adam(parameter1[i], m1[i], v1[i]), gradient1[i]);
        parameter1[i] = after.parameter;
        m1[i] = after.m;
        v1[i] = after.v;
      }
    }
    case 2u: {
      if (i < counts.size2) {
        let after = adam_step(Adam(parameter2[i], m2[i], v2[i]), gradient2[i]);
        parameter2[i] = after.parameter;
        m2[i] = after.m;
        v2[i] = after.v;
      }
    }
    case 3u: {
      if (i < counts.size3) {
        let after = adam_step(Adam(parameter3[i], m3[i], v3[i]), gradient3[i]);
        parameter3[i] = after.parameter;
        m3[i] = after.m;
        v3[i] = after.v;
      }
    }
    case 4u: {
      if (i < counts.size4) {
        let after = adam_step(Adam(parameter4[i], m4[i], v4[i]), gradient4[i]);
        parameter4[i] = after.parameter;
        m4[i] = after.m;
        v4[i] = after.v;
      }
    }
    case 5u: {
      if (i < counts.size5) {
        let after = adam_step(Adam(parameter5[i], m5[i], v5[i]), gradient5[i]);
        parameter5[i] = after.parameter;
        m5[i] = after.m;
        v5[i] = after.v;
      }
    }
    default: {
      if (i < counts.size6) {
        let after = adam_step(Adam(parameter6[i], m6[i], v6[i]), gradient6[i]);
        parameter6[i] = after.parameter;
        m6[i] = after.m;
        v6[i] = after.v;
      }
    }
  }
}

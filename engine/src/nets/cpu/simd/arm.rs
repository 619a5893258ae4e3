//! NEON.

use std::arch::aarch64::*;

use super::{Simd, Task};

/// NEON. Made by `detect` alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neon(());

impl Neon {
    pub(super) fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Self(()))
    }

    pub(super) fn run(self, task: impl Task) {
        #[target_feature(enable = "neon")]
        fn inner(simd: Neon, task: impl Task) {
            task.run(simd);
        }
        // SAFETY: `self` proves the feature.
        unsafe { inner(self, task) }
    }
}

// `self` proves the feature, and slices are cut to whole vectors before they are read or written.
impl Simd for Neon {
    type V = float32x4_t;
    const LANES: usize = 4;
    const MANY: bool = true;

    #[inline(always)]
    fn splat(self, x: f32) -> float32x4_t {
        unsafe { vdupq_n_f32(x) }
    }
    #[inline(always)]
    fn load(self, from: &[f32]) -> float32x4_t {
        unsafe { vld1q_f32(from[..4].as_ptr()) }
    }
    #[inline(always)]
    fn store(self, v: float32x4_t, to: &mut [f32]) {
        unsafe { vst1q_f32(to[..4].as_mut_ptr(), v) }
    }
    #[inline(always)]
    fn mul_add(self, a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        unsafe { vfmaq_f32(c, a, b) }
    }
    #[inline(always)]
    fn add(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vaddq_f32(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vsubq_f32(a, b) }
    }
    #[inline(always)]
    fn power_of_two(self, bits: float32x4_t) -> float32x4_t {
        unsafe {
            let bits = vshlq_n_s32::<23>(vreinterpretq_s32_f32(bits));
            vreinterpretq_f32_s32(vaddq_s32(bits, vdupq_n_s32(1.0_f32.to_bits().cast_signed())))
        }
    }
    #[inline(always)]
    unsafe fn read(self, from: *const f32) -> float32x4_t {
        unsafe { vld1q_f32(from) }
    }
    #[inline(always)]
    unsafe fn write(self, v: float32x4_t, to: *mut f32) {
        unsafe { vst1q_f32(to, v) }
    }
    #[inline(always)]
    fn mul(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vmulq_f32(a, b) }
    }
    #[inline(always)]
    fn div(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vdivq_f32(a, b) }
    }
    #[inline(always)]
    fn max(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vmaxq_f32(a, b) }
    }
    #[inline(always)]
    fn min(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vminq_f32(a, b) }
    }
}

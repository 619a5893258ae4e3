//! AVX2 and AVX-512.

use std::arch::x86_64::*;

use super::{Simd, Task};

/// AVX2 with fused multiply-add. Made by `detect` alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

/// AVX-512. Made by `detect` alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        (has && is_x86_feature_detected!("f16c")).then_some(Self(()))
    }

    pub(super) fn run(self, task: impl Task) {
        #[target_feature(enable = "avx2,fma,f16c")]
        fn inner(simd: Avx2, task: impl Task) {
            task.run(simd);
        }
        // SAFETY: `self` proves the features.
        unsafe { inner(self, task) }
    }
}

impl Avx512 {
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
        let has = has && is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512bw");
        (has && Avx2::detect().is_some()).then_some(Self(()))
    }

    pub(super) fn run(self, task: impl Task) {
        #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512vl,avx512dq,avx512bw")]
        fn inner(simd: Avx512, task: impl Task) {
            task.run(simd);
        }
        // SAFETY: `self` proves the features.
        unsafe { inner(self, task) }
    }
}

/// The methods whose intrinsics have the same shape in both sets. `self` proves the features, and slices
/// are cut to whole vectors before they are read or written.
macro_rules! methods {
    ($vector:ty, $lanes:expr, $splat:ident $load:ident $store:ident $fma:ident $add:ident $sub:ident $mul:ident $div:ident $max:ident $min:ident) => {
        type V = $vector;
        const LANES: usize = $lanes;
        const MANY: bool = $lanes == 16;

        #[inline(always)]
        fn splat(self, x: f32) -> $vector {
            unsafe { $splat(x) }
        }
        #[inline(always)]
        fn load(self, from: &[f32]) -> $vector {
            unsafe { $load(from[..$lanes].as_ptr()) }
        }
        #[inline(always)]
        fn store(self, v: $vector, to: &mut [f32]) {
            unsafe { $store(to[..$lanes].as_mut_ptr(), v) }
        }
        #[inline(always)]
        fn mul_add(self, a: $vector, b: $vector, c: $vector) -> $vector {
            unsafe { $fma(a, b, c) }
        }
        #[inline(always)]
        fn add(self, a: $vector, b: $vector) -> $vector {
            unsafe { $add(a, b) }
        }
        #[inline(always)]
        fn sub(self, a: $vector, b: $vector) -> $vector {
            unsafe { $sub(a, b) }
        }
        #[inline(always)]
        unsafe fn read(self, from: *const f32) -> $vector {
            unsafe { $load(from) }
        }
        #[inline(always)]
        unsafe fn write(self, v: $vector, to: *mut f32) {
            unsafe { $store(to, v) }
        }
        #[inline(always)]
        fn mul(self, a: $vector, b: $vector) -> $vector {
            unsafe { $mul(a, b) }
        }
        #[inline(always)]
        fn div(self, a: $vector, b: $vector) -> $vector {
            unsafe { $div(a, b) }
        }
        #[inline(always)]
        fn max(self, a: $vector, b: $vector) -> $vector {
            unsafe { $max(a, b) }
        }
        #[inline(always)]
        fn min(self, a: $vector, b: $vector) -> $vector {
            unsafe { $min(a, b) }
        }
    };
}

impl Simd for Avx2 {
    #[inline(always)]
    unsafe fn read_halves(self, from: *const u16) -> __m256 {
        unsafe { _mm256_cvtph_ps(_mm_loadu_si128(from.cast())) }
    }

    #[inline(always)]
    fn power_of_two(self, bits: __m256) -> __m256 {
        unsafe {
            let bits = _mm256_slli_epi32::<23>(_mm256_castps_si256(bits));
            _mm256_castsi256_ps(_mm256_add_epi32(bits, _mm256_set1_epi32(1.0_f32.to_bits().cast_signed())))
        }
    }

    methods!(__m256, 8, _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_fmadd_ps _mm256_add_ps _mm256_sub_ps _mm256_mul_ps _mm256_div_ps _mm256_max_ps _mm256_min_ps);
}

impl Simd for Avx512 {
    #[inline(always)]
    unsafe fn read_halves(self, from: *const u16) -> __m512 {
        unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(from.cast())) }
    }

    #[inline(always)]
    fn power_of_two(self, bits: __m512) -> __m512 {
        unsafe {
            let bits = _mm512_slli_epi32::<23>(_mm512_castps_si512(bits));
            _mm512_castsi512_ps(_mm512_add_epi32(bits, _mm512_set1_epi32(1.0_f32.to_bits().cast_signed())))
        }
    }

    methods!(__m512, 16, _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_fmadd_ps _mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_div_ps _mm512_max_ps _mm512_min_ps);

    #[inline(always)]
    fn load_part(self, from: &[f32]) -> __m512 {
        let count = from.len().min(15);
        // SAFETY: only the lanes of the mask are read.
        unsafe { _mm512_maskz_loadu_ps((1 << count) - 1, from.as_ptr()) }
    }

    #[inline(always)]
    fn store_part(self, v: __m512, to: &mut [f32]) {
        // Plain stores, where there are any: what was stored under a mask is not forwarded to loads.
        if to.len() == 8 {
            // SAFETY: there is room for these lanes.
            unsafe { _mm256_storeu_ps(to.as_mut_ptr(), _mm512_castps512_ps256(v)) }
            return;
        }
        if to.len() == 4 {
            // SAFETY: as above.
            unsafe { _mm_storeu_ps(to.as_mut_ptr(), _mm512_castps512_ps128(v)) }
            return;
        }
        let count = to.len().min(15);
        // SAFETY: only the lanes of the mask are written.
        unsafe { _mm512_mask_storeu_ps(to.as_mut_ptr(), (1 << count) - 1, v) }
    }
}

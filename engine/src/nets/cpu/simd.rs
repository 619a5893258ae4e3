//! Vectors of single-precision numbers, chosen at run time.
//!
//! A kernel is a [`Task`], generic over [`Simd`]; [`Isa::run`] calls it compiled for the instruction set. A value
//! of a `Simd` type is the proof that its instructions exist, so kernels need no unsafe code of their own. All
//! functions on the way from the task to the instructions are `inline(always)`: only then do they share the
//! instruction set of the entry.

#![allow(unsafe_code, reason = "intrinsics: loads and stores go through arrays of the right length")]

/// Work for one instruction set.
pub(crate) trait Task {
    /// Does it. Must be `inline(always)`.
    fn run<S: Simd>(self, simd: S);
}

/// Operations on vectors of `LANES` numbers.
pub(crate) trait Simd: Copy {
    /// A vector.
    type V: Copy;
    /// Numbers in a vector: 4, 8 or 16.
    const LANES: usize;
    /// Whether some 30 vectors fit into registers, instead of some 14.
    const MANY: bool;

    /// `x` in all lanes.
    fn splat(self, x: f32) -> Self::V;
    /// The first lanes of `from`.
    fn load(self, from: &[f32]) -> Self::V;
    /// Into the first places of `to`.
    fn store(self, v: Self::V, to: &mut [f32]);
    /// a * b + c
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// a + b
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// a * b
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// The greater.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The smaller.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;

    /// Loads fewer than a vector; the other lanes are zero.
    #[inline(always)]
    fn load_part(self, from: &[f32]) -> Self::V {
        let mut lanes = [0.0; 16];
        lanes[..from.len()].copy_from_slice(from);
        self.load(&lanes)
    }

    /// Stores fewer than a vector.
    #[inline(always)]
    fn store_part(self, v: Self::V, to: &mut [f32]) {
        let mut lanes = [0.0; 16];
        self.store(v, &mut lanes);
        to.copy_from_slice(&lanes[..to.len()]);
    }

    /// Lane by lane. Fast where `f` has no branches.
    #[inline(always)]
    fn map(self, v: Self::V, f: impl Fn(f32) -> f32) -> Self::V {
        let mut lanes = [0.0; 16];
        self.store(v, &mut lanes);
        for lane in &mut lanes[..Self::LANES] {
            *lane = f(*lane);
        }
        self.load(&lanes)
    }
}

/// An instruction set that this machine has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Isa {
    /// What the compiler makes of plain loops.
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Avx2(x86::Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(x86::Avx512),
    #[cfg(target_arch = "aarch64")]
    Neon(arm::Neon),
}

impl Isa {
    /// All that this machine has, best last.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::Portable(Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(x86::Avx2::detect().map(Self::Avx2));
            all.extend(x86::Avx512::detect().map(Self::Avx512));
        }
        #[cfg(target_arch = "aarch64")]
        all.extend(arm::Neon::detect().map(Self::Neon));
        all
    }

    /// The best.
    pub(crate) fn best() -> Self {
        Self::all().pop().unwrap_or(Self::Portable(Portable))
    }

    /// Runs `task` with it.
    pub(crate) fn run(self, task: impl Task) {
        match self {
            Self::Portable(simd) => task.run(simd),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(simd) => simd.run(task),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(simd) => simd.run(task),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(simd) => simd.run(task),
        }
    }
}

/// Eight lanes in an array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

impl Simd for Portable {
    type V = [f32; 8];
    const LANES: usize = 8;
    const MANY: bool = false;

    #[inline(always)]
    fn splat(self, x: f32) -> [f32; 8] {
        [x; 8]
    }
    #[inline(always)]
    fn load(self, from: &[f32]) -> [f32; 8] {
        std::array::from_fn(|i| from[..8][i])
    }
    #[inline(always)]
    fn store(self, v: [f32; 8], to: &mut [f32]) {
        to[..8].copy_from_slice(&v);
    }
    #[inline(always)]
    fn mul_add(self, a: [f32; 8], b: [f32; 8], c: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    fn add(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|i| a[i] + b[i])
    }
    #[inline(always)]
    fn mul(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|i| a[i] * b[i])
    }
    #[inline(always)]
    fn max(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn min(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|i| if a[i] < b[i] { a[i] } else { b[i] })
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
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
            (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
        }

        pub(super) fn run(self, task: impl Task) {
            #[target_feature(enable = "avx2,fma")]
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
            #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512dq,avx512bw")]
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
        ($vector:ty, $lanes:expr, $splat:ident $load:ident $store:ident $fma:ident $add:ident $mul:ident $max:ident $min:ident) => {
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
            fn mul(self, a: $vector, b: $vector) -> $vector {
                unsafe { $mul(a, b) }
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
        methods!(__m256, 8, _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_fmadd_ps _mm256_add_ps _mm256_mul_ps _mm256_max_ps _mm256_min_ps);
    }

    impl Simd for Avx512 {
        methods!(__m512, 16, _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_fmadd_ps _mm512_add_ps _mm512_mul_ps _mm512_max_ps _mm512_min_ps);

        #[inline(always)]
        fn load_part(self, from: &[f32]) -> __m512 {
            let count = from.len().min(15);
            // SAFETY: only the lanes of the mask are read.
            unsafe { _mm512_maskz_loadu_ps((1 << count) - 1, from.as_ptr()) }
        }

        #[inline(always)]
        fn store_part(self, v: __m512, to: &mut [f32]) {
            let count = to.len().min(15);
            // SAFETY: only the lanes of the mask are written.
            unsafe { _mm512_mask_storeu_ps(to.as_mut_ptr(), (1 << count) - 1, v) }
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod arm {
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
        fn mul(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
            unsafe { vmulq_f32(a, b) }
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
}

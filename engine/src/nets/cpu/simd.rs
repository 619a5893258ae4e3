//! Vectors of single-precision numbers, chosen at run time.
//!
//! A kernel is a [`Task`], generic over [`Simd`]; [`Isa::run`] calls it compiled for the instruction set. A value
//! of a `Simd` type is the proof that its instructions exist, so kernels need no unsafe code of their own. All
//! functions on the way from the task to the instructions are `inline(always)`: only then do they share the
//! instruction set of the entry. Closures can't be, so none works on vectors.

#![allow(unsafe_code, reason = "intrinsics: loads and stores go through arrays of the right length")]

use crate::nets::SimdLevel;

#[cfg(target_arch = "aarch64")]
mod arm;
#[cfg(target_arch = "x86_64")]
mod x86;

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
    /// a - b
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// a * b
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// a / b
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// The greater.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The smaller.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;

    /// The vector that begins at `from`.
    ///
    /// # Safety
    /// `LANES` values can be read from there.
    unsafe fn read(self, from: *const f32) -> Self::V;
    /// The vector of f16 that begins at `from`, widened.
    ///
    /// # Safety
    /// `LANES` halves can be read from there.
    #[inline(always)]
    unsafe fn read_halves(self, from: *const u16) -> Self::V {
        let mut lanes = [0.0; 16];
        for (i, lane) in lanes.iter_mut().enumerate().take(Self::LANES) {
            // SAFETY: the caller's.
            *lane = half::f16::from_bits(unsafe { *from.add(i) }).to_f32();
        }
        self.load(&lanes)
    }
    /// Writes the vector that begins at `to`.
    ///
    /// # Safety
    /// `LANES` values can be written there.
    unsafe fn write(self, v: Self::V, to: *mut f32);

    /// 2 to the whole number that is in the low bits of each lane's representation.
    fn power_of_two(self, bits: Self::V) -> Self::V;

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
}

/// As many values as there are, up to a vector.
#[inline(always)]
pub(crate) fn load_up_to<S: Simd>(simd: S, from: &[f32]) -> S::V {
    if from.len() >= S::LANES { simd.load(from) } else { simd.load_part(from) }
}

/// As many values as there is room for, up to a vector.
#[inline(always)]
pub(crate) fn store_up_to<S: Simd>(simd: S, v: S::V, to: &mut [f32]) {
    if to.len() >= S::LANES { simd.store(v, to) } else { simd.store_part(v, to) }
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

    /// Which level it is.
    pub(crate) fn level(self) -> SimdLevel {
        match self {
            Self::Portable(_) => SimdLevel::Portable,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => SimdLevel::Avx2,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => SimdLevel::Avx512,
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => SimdLevel::Neon,
        }
    }

    /// Numbers in a vector.
    pub(crate) fn lanes(self) -> usize {
        match self {
            Self::Portable(_) => Portable::LANES,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => x86::Avx2::LANES,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => x86::Avx512::LANES,
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => arm::Neon::LANES,
        }
    }

    /// Whether vectors of f16 are widened by instructions of their own.
    pub(crate) fn widens_halves(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) | Self::Avx512(_) => true,
            _ => false,
        }
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
    fn sub(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|i| a[i] - b[i])
    }
    #[inline(always)]
    fn power_of_two(self, bits: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|i| {
            f32::from_bits(bits[i].to_bits().wrapping_shl(23).wrapping_add(1.0_f32.to_bits()))
        })
    }
    #[inline(always)]
    unsafe fn read(self, from: *const f32) -> [f32; 8] {
        // SAFETY: the caller's; arrays of f32 have the alignment of f32.
        unsafe { from.cast::<[f32; 8]>().read() }
    }
    #[inline(always)]
    unsafe fn write(self, v: [f32; 8], to: *mut f32) {
        // SAFETY: as above.
        unsafe { to.cast::<[f32; 8]>().write(v) }
    }
    #[inline(always)]
    fn mul(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|i| a[i] * b[i])
    }
    #[inline(always)]
    fn div(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|i| a[i] / b[i])
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

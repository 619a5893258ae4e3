//! What the parts of a unit share: memory that each reads and writes elsewhere.

#![allow(unsafe_code, reason = "slices of one allocation for several threads; programs keep them apart")]

use std::marker::PhantomData;

use super::{
    aligned::Aligned,
    program::{Place, Region},
};

/// All memory of a run.
pub(super) struct Memory<'a> {
    arena: *mut f32,
    arena_length: usize,
    scratch: *mut f32,
    /// Of one part.
    scratch_length: usize,
    parts: usize,
    constants: &'a [Aligned],
    inputs: &'a [&'a [f32]],
    borrowed: PhantomData<&'a mut [f32]>,
}

// SAFETY: parts reach the memory only through `read` and `write`, whose callers keep to disjoint places.
unsafe impl Sync for Memory<'_> {}

impl<'a> Memory<'a> {
    /// `scratch` is divided among `parts`.
    pub(super) fn new(
        arena: &'a mut [f32],
        scratch: &'a mut [f32],
        parts: usize,
        constants: &'a [Aligned],
        inputs: &'a [&'a [f32]],
    ) -> Self {
        Self {
            arena_length: arena.len(),
            arena: arena.as_mut_ptr(),
            scratch_length: scratch.len() / parts.max(1),
            scratch: scratch.as_mut_ptr(),
            parts,
            constants,
            inputs,
            borrowed: PhantomData,
        }
    }

    /// What is at `place`, for part `part`.
    ///
    /// # Safety
    /// Nobody writes there while it is read.
    pub(super) unsafe fn read(&self, part: usize, place: &Place) -> &[f32] {
        match place.region {
            Region::Constant(id) => &self.constants[id][place.values.clone()],
            Region::Input(input) => &self.inputs[input][place.values.clone()],
            // SAFETY: `start` has checked the bounds; the caller sees to the rest.
            _ => unsafe { std::slice::from_raw_parts(self.start(part, place), place.values.len()) },
        }
    }

    /// What is at `place`, to be written by part `part`.
    ///
    /// # Safety
    /// Nobody else reads or writes there meanwhile.
    #[expect(clippy::mut_from_ref, reason = "parts write disjoint places of the same memory")]
    pub(super) unsafe fn write(&self, part: usize, place: &Place) -> &mut [f32] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.start(part, place), place.values.len()) }
    }

    /// # Panics
    /// Where the place is out of bounds, or not in memory that can be written.
    fn start(&self, part: usize, place: &Place) -> *mut f32 {
        let (base, length) = match place.region {
            Region::Arena => (self.arena, self.arena_length),
            Region::Scratch => {
                assert!(part < self.parts);
                // SAFETY: within the scratch memory of all parts.
                (unsafe { self.scratch.add(part * self.scratch_length) }, self.scratch_length)
            }
            Region::Constant(_) | Region::Input(_) => panic!("constants and inputs are only read"),
        };
        assert!(place.values.start <= place.values.end && place.values.end <= length);
        // SAFETY: checked just now.
        unsafe { base.add(place.values.start) }
    }
}

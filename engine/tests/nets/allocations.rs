//! Nothing is allocated once a net is loaded: a counting allocator, for this binary.

#![allow(unsafe_code, reason = "an allocator")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use antifaz::{
    nets::{self, ModelId, Models, SimdLevel},
    workers::Workers,
};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of threads that count.
static COUNT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static COUNTS: Cell<bool> = const { Cell::new(false) };
}

fn note() {
    // A thread that ends has no such cell any more.
    if COUNTS.try_with(Cell::get).unwrap_or(false) {
        COUNT.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: the caller's.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// Allocations of this thread, and of helpers that count, while `body` runs.
fn allocations(body: impl FnOnce()) -> usize {
    let before = COUNT.load(Ordering::Relaxed);
    COUNTS.set(true);
    body();
    COUNTS.set(false);
    COUNT.load(Ordering::Relaxed) - before
}

#[test]
fn running_a_net_allocates_nothing() {
    assert!(allocations(|| drop(std::hint::black_box(vec![1_u8]))) > 0, "the allocator does not count");
    let workers = Arc::new(Workers::new(2));
    for _ in 0..2 {
        let workers = Arc::clone(&workers);
        thread::spawn(move || {
            COUNTS.set(true);
            workers.serve();
        });
    }
    for id in ModelId::ALL {
        let plan = Models::embedded().plan(id).unwrap();
        let input = vec![0.25; plan.inputs()[0].values()];
        for level in SimdLevel::available() {
            for workers in [&Workers::alone(), &workers] {
                let mut net = nets::load_at(plan.clone(), level, workers).unwrap();
                net.run(&[&input]).unwrap();
                let count = allocations(|| (0..3).for_each(|_| net.run(&[&input]).unwrap()));
                assert_eq!(count, 0, "{id:?} at {level:?} with {} threads", workers.threads());
            }
        }
    }
    workers.close();
}

//! Every part once, by whoever is there.

use std::thread;

use super::*;

fn with_helpers(helpers: usize, body: impl Fn(&Workers)) {
    let workers = Arc::new(Workers::new(helpers));
    let lent: Vec<_> = (0..helpers)
        .map(|_| {
            let workers = Arc::clone(&workers);
            thread::spawn(move || workers.serve())
        })
        .collect();
    body(&workers);
    workers.close();
    lent.into_iter().for_each(|helper| helper.join().unwrap());
}

#[test]
fn each_part_is_done_once_before_run_returns() {
    for helpers in [0, 1, 3] {
        with_helpers(helpers, |workers| {
            assert_eq!(workers.threads(), helpers + 1);
            for round in 0..3000 {
                let parts = round % 7;
                let counts: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
                workers.run(parts, &|part| {
                    counts[part].fetch_add(1, Ordering::Relaxed);
                });
                assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1));
            }
        });
    }
}

#[test]
fn chunks_are_disjoint_and_all_there() {
    with_helpers(2, |workers| {
        for (items, length) in [(0, 3), (1, 3), (7, 3), (9, 3), (10, 100)] {
            let mut items = vec![0; items];
            workers.run_chunks(&mut items, length, &|part, chunk| {
                chunk.iter_mut().enumerate().for_each(|(i, item)| *item += part * length + i + 1);
            });
            assert!(items.iter().copied().eq(1..=items.len()));
        }
    });
}

#[test]
fn a_disturbed_session_is_followed_by_work_alone() {
    static NOW: AtomicU64 = AtomicU64::new(0);
    let workers = Workers::with_clock(1, || Duration::from_micros(NOW.load(Ordering::Relaxed)));
    let mut pace = Pace::default();
    let mut take = |micros: u64| {
        let session = workers.session();
        let shared = session.start.is_some();
        NOW.fetch_add(micros, Ordering::Relaxed);
        pace.end(session);
        shared
    };
    assert_eq!([100, 90, 110, 200, 100].map(&mut take), [true; 5]);
    assert!(take(300) && !take(100));
    for _ in 0..ALONE[0] {
        workers.run(2, &|_| ());
    }
    assert!(take(100) && take(300) && !take(100));
    for _ in 0..ALONE[0] {
        workers.run(2, &|_| ());
    }
    assert!(!take(100), "the second time it takes longer");
}

#[test]
fn nobody_is_waited_for_who_does_nothing() {
    // A helper that never came.
    let workers = Workers::new(1);
    let done = AtomicUsize::new(0);
    workers.run(5, &|_| {
        done.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(done.into_inner(), 5);
}

#[test]
fn a_panic_reaches_the_caller_and_the_next_work_is_done() {
    with_helpers(1, |workers| {
        let all = AtomicUsize::new(0);
        let failing = AssertUnwindSafe(|| {
            workers.run(4, &|part| {
                all.fetch_add(1, Ordering::Relaxed);
                assert_ne!(part, 2);
            });
        });
        assert!(panic::catch_unwind(failing).is_err());
        assert_eq!(all.load(Ordering::Relaxed), 4);
        workers.run(4, &|_| {
            all.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(all.into_inner(), 8);
    });
}

#[test]
fn work_within_work_is_done_by_whoever_asks() {
    with_helpers(1, |workers| {
        let all = AtomicUsize::new(0);
        workers.run(3, &|_| {
            workers.run(3, &|_| {
                all.fetch_add(1, Ordering::Relaxed);
            });
        });
        assert_eq!(all.into_inner(), 9);
    });
}

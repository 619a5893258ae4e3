//! The rows of the table, one function for each group of them.

use antifaz::gpu::{Dispatch, Encoder, GpuError, Levels};

use super::{
    Row,
    clock::Clock,
    kernels::{Kernels, LAYERS, Weight},
};
use crate::error::AppError;

/// Levels of a chain, and dispatches that are compared with one.
const LENGTH: usize = 64;
/// Workgroups of a level.
const WORKGROUPS: [u32; 3] = [1, 16, 256];
/// Workgroups of each dispatch where several chains are compared.
const OF_SEVERAL: u32 = 16;
/// Dispatches whose recording is timed.
const RECORDED: usize = 100;
/// What [`LENGTH`] rounds in one workgroup are taken times, so that they can be told from nothing.
const MORE: u32 = 4;
/// Thousands of loads.
const THOUSANDS: u32 = 10;
/// Sums, one after the other.
const SUMS: usize = 16;

/// All rows. A group is measured twice, and the second time counts: at first a GPU may be asleep.
pub(super) fn measure(kernels: &Kernels, clock: &mut Clock) -> Result<Vec<Row>, AppError> {
    chains(kernels, clock)?;
    let mut rows = chains(kernels, clock)?;
    rows.extend(independent(kernels, clock)?);
    for count in [2, 8] {
        rows.extend(side_by_side(kernels, clock, count)?);
    }
    rows.extend(submits(kernels, clock)?);
    rows.extend(serial(kernels, clock)?);
    rows.extend(reads(kernels, clock)?);
    Ok(rows)
}

fn row(name: impl Into<String>, us: f64, what: impl Into<String>) -> Row {
    Row { name: name.into(), us, what: what.into() }
}

/// No dispatches.
fn empty(_: &mut Encoder) {}

fn chains(kernels: &Kernels, clock: &mut Clock) -> Result<Vec<Row>, AppError> {
    let chain = |workgroups| {
        let chain = chain(kernels, 2, workgroups)?;
        let us = clock.cost(|encoder| encoder.compute(&chain), empty)? / LENGTH as f64;
        let what = format!(
            "a level of {workgroups} x 64 invocations, of {LENGTH} dispatches that each need the one before"
        );
        Ok(row(format!("chain/{workgroups}"), us, what))
    };
    WORKGROUPS.into_iter().map(chain).collect()
}

/// [`LENGTH`] levels through so many buffers, round and round.
fn chain(kernels: &Kernels, buffers: usize, workgroups: u32) -> Result<Vec<Dispatch>, GpuError> {
    let values = kernels.values(buffers, workgroups)?;
    let place = |at: usize| &values[at % values.len()];
    (0..LENGTH).map(|at| kernels.level(place(at), place(at + 1), workgroups)).collect()
}

fn independent(kernels: &Kernels, clock: &mut Clock) -> Result<Vec<Row>, AppError> {
    let measured = |workgroups| {
        let values = kernels.values(LENGTH + 1, workgroups)?;
        let dispatch = |after| kernels.level(&values[LENGTH], after, workgroups);
        let dispatches = values[..LENGTH].iter().map(dispatch).collect::<Result<Vec<_>, _>>()?;
        let us = clock.cost(|encoder| encoder.compute(&dispatches), empty)? / LENGTH as f64;
        let what = format!("a dispatch of {workgroups} x 64 invocations, of {LENGTH} that need no other");
        Ok(row(format!("independent/{workgroups}"), us, what))
    };
    WORKGROUPS.into_iter().map(measured).collect()
}

/// `count` chains that don't need each other, a buffer for each value.
fn side_by_side(kernels: &Kernels, clock: &mut Clock, count: usize) -> Result<Vec<Row>, AppError> {
    let chains =
        (0..count).map(|_| chain(kernels, LENGTH + 1, OF_SEVERAL)).collect::<Result<Vec<_>, GpuError>>()?;
    let level = |at: usize| -> Vec<Dispatch> { chains.iter().map(|chain| chain[at].clone()).collect() };
    let by_level: Vec<Vec<Dispatch>> = (0..LENGTH).map(level).collect();
    let flat = by_level.concat();
    let levels = Levels::new(by_level.clone());
    let naive = Levels::new(flat.iter().map(|dispatch| vec![dispatch.clone()]));
    let mut cost = |name: &str, how: String, record: &dyn Fn(&mut Encoder)| -> Result<Row, AppError> {
        let us = clock.cost(record, empty)? / LENGTH as f64;
        let what = format!("a level of {count} chains of {OF_SEVERAL} x 64 invocations: {how}");
        Ok(row(format!("{name}/{count}"), us, what))
    };
    Ok(vec![
        cost("naive", format!("{} barriers, each dispatch its own", naive.barriers()), &|encoder| {
            encoder.compute(&flat);
        })?,
        cost("levels", format!("{} barriers, one a level", levels.barriers()), &|encoder| {
            encoder.compute_levels("levels", &levels);
        })?,
        cost("passes", "a compute pass a level".to_owned(), &|encoder| {
            for level in &by_level {
                encoder.compute(level);
                encoder.end_pass();
            }
        })?,
    ])
}

fn submits(kernels: &Kernels, clock: &Clock) -> Result<Vec<Row>, AppError> {
    let chain = chain(kernels, 2, 1)?;
    let recorded: Vec<Dispatch> = chain.iter().cycle().take(RECORDED).cloned().collect();
    let trip = |dispatches: &[Dispatch]| clock.round_trip(|encoder| encoder.compute(dispatches));
    Ok(vec![
        row("wall/empty", clock.round_trip(|_| ())?, "from an empty submit until it is done"),
        row("wall/1", trip(&chain[..1])?, "from submitting one dispatch until it is done"),
        row(format!("wall/{LENGTH}"), trip(&chain)?, format!("the same of a chain of {LENGTH}, 1 x 64 each")),
        row(
            format!("cpu/{RECORDED}"),
            clock.recording(|encoder| encoder.compute(&recorded))?,
            format!("the CPU records and submits {RECORDED} dispatches that were bound before"),
        ),
    ])
}

/// What goes on within a single workgroup: as much more as it takes to do something more often.
fn serial(kernels: &Kernels, clock: &mut Clock) -> Result<Vec<Row>, AppError> {
    let mut cost = |many: Dispatch, none: Dispatch, times: u32| -> Result<f64, AppError> {
        let (many, none) = ([many], [none]);
        let us = clock.cost(|encoder| encoder.compute(&many), |encoder| encoder.compute(&none))?;
        Ok(us / f64::from(times))
    };
    let rounds = LENGTH as u32 * MORE;
    let mut rows = vec![
        row(
            "barrier",
            cost(kernels.barriers(rounds)?, kernels.barriers(0)?, rounds)?,
            format!(
                "a round of {rounds} in one workgroup of 256: write, workgroupBarrier, read a neighbour's"
            ),
        ),
        row(
            "loads/1000",
            cost(kernels.chase(THOUSANDS)?, kernels.chase(0)?, THOUSANDS)?,
            "1000 loads from a storage buffer of 256 KiB by one invocation, each needing the one before",
        ),
    ];
    for ((weight, many), (_, none)) in kernels.dense(LAYERS)?.into_iter().zip(kernels.dense(0)?) {
        let (name, says) = match weight {
            Weight::F32 => ("dense/f32", "f32"),
            Weight::F16 => ("dense/f16", "f16"),
        };
        let what = format!("a dense layer of 256 x 256 by one workgroup of 256, {says} weights from storage");
        rows.push(row(name, cost(many, none, LAYERS)?, what));
    }
    Ok(rows)
}

fn reads(kernels: &Kernels, clock: &mut Clock) -> Result<Vec<Row>, AppError> {
    let measured = kernels.sums()?.into_iter().zip(["buffer", "texture"]).map(|(sum, from)| {
        let sums = vec![sum; SUMS];
        let us = clock.cost(|encoder| encoder.compute(&sums), empty)? / SUMS as f64;
        let what = format!("a level that sums 1 MiB of RGBA8 by 64 x 256 invocations, from a {from}");
        Ok(row(format!("sum/{from}"), us, what))
    });
    measured.collect()
}

//! The refinement of masks on the GPU and on the CPU.

use antifaz::{
    gpu::readback::Readback,
    kernels::matting::{self, Floats, Matting, Memory, Twin},
};

use super::{Gpu, gpus, halves, portrait, uploaded};

/// Slopes of up to 40 are kept in half floats, and where the edge is steep a little of them is much of the person: a few
/// pixels differ, by no more than is seen.
const MATTING_MEAN: f32 = 0.004;
const MATTING_MOST: f32 = 0.1;

#[test]
fn matting_agrees_with_its_twin() {
    gpus().iter().for_each(matting_agrees);
}

fn matting_agrees(gpu: &Gpu) {
    let matting = Matting::new(gpu).unwrap();
    for size in [[301, 173], [37, 51], [1, 1]] {
        let (mut memory, mut twin) = (Memory::default(), Twin::default());
        // Still, moved, with a mask that is two frames old; and once more from the beginning.
        for (number, shift, seen, delta) in
            [(0, 0.0, 0, 0.0), (1, 0.0, 1, 0.04), (2, 3.0, 2, 0.04), (4, 5.0, 2, 0.08), (5, 5.0, 5, 0.0)]
        {
            let [picture, mask] = portrait(size, shift);
            let want = twin.step(&picture, &mask, [number, seen], delta);
            let [picture, mask] = [uploaded(gpu, &picture), uploaded(gpu, &mask)];
            let mut encoder = gpu.encoder("matting");
            let frame = matting::Frame { picture: &picture, number, mask: &mask, seen, delta };
            matting.record(&mut encoder, &frame, &mut memory).unwrap();
            let found = memory.refined().unwrap();
            let readback = Readback::new();
            let tickets = [&found.person, &found.front, &found.back]
                .map(|texture| readback.start(&mut encoder, texture).unwrap());
            gpu.submit(encoder).unwrap();
            let [person, front, back] = tickets.map(|ticket| ticket.wait(gpu).unwrap());
            let alpha = person.chunks_exact(4).map(|texel| f32::from(texel[3]) / 255.0);
            let off: Vec<f32> = alpha.zip(&want[0].texels).map(|(got, want)| (got - want[3]).abs()).collect();
            let (mean, most) =
                (off.iter().sum::<f32>() / off.len() as f32, off.iter().fold(0.0, |a: f32, b| a.max(*b)));
            assert!(mean <= MATTING_MEAN && most <= MATTING_MOST, "{size:?} {number}: {mean}, {most}");
            for (got, want) in [front, back].iter().zip(&want[1..]) {
                let got = halves(got);
                let off = got.iter().zip(want.texels.iter().flatten()).map(|(a, b)| (a - b).abs());
                assert!(
                    off.sum::<f32>() / want.texels.len() as f32 <= 0.1,
                    "{size:?} {number}: sides differ"
                );
            }
        }
    }
}

#[test]
fn the_edge_of_a_coarse_mask_comes_to_lie_on_that_of_the_picture() {
    let [picture, mask] = portrait([301, 173], 0.0);
    let [person, ..] = Twin::default().step(&picture, &mask, [0, 0], 0.0);
    let share = |alpha: &dyn Fn(usize) -> f32| {
        let truth = |at: usize| {
            let (u, v) = ((at % 301) as f32 / 301.0 - 0.5, (at / 301) as f32 / 173.0 - 0.55);
            ((0.3 - (u * u + v * v * 0.6).sqrt()) / 0.02).clamp(-0.5, 0.5) + 0.5
        };
        (0..301 * 173).map(|at| (alpha(at) - truth(at)).abs()).sum::<f32>() / (301.0 * 173.0)
    };
    let coarse =
        share(&|at| mask.sample([((at % 301) as f32 + 0.5) / 301.0, ((at / 301) as f32 + 0.5) / 173.0])[0]);
    let fitted = share(&|at| person.texels[at][3]);
    assert!(fitted < 0.25 * coarse, "{fitted} for {coarse}");
}

/// A grey picture with a grey person, who is told from it by the mask alone.
fn grey(person: impl Fn(usize) -> f32) -> [Floats; 2] {
    let picture = Floats::make([160, 90], |_, _| [0.2, 0.2, 0.2, 1.0]);
    let mask = Floats::make([160, 90], |x, _| [person(x), 0.0, 0.0, 1.0]);
    [picture, mask]
}

/// What of the person a column shows after masks of consecutive frames.
fn shown(column: usize, masks: &[&dyn Fn(usize) -> f32]) -> f32 {
    let (mut twin, mut shown) = (Twin::default(), 0.0);
    for (number, person) in masks.iter().enumerate() {
        let [picture, mask] = grey(person);
        let delta = if number == 0 { 0.0 } else { 1.0 / 30.0 };
        let [person, ..] = twin.step(&picture, &mask, [number as u64; 2], delta);
        shown = person.at(column as isize, 45)[3];
    }
    shown
}

fn left_of(column: usize) -> impl Fn(usize) -> f32 {
    move |x| if x < column { 1.0 } else { 0.0 }
}

#[test]
fn an_edge_that_the_picture_does_not_show_goes_on_soon() {
    let (here, further) = (left_of(60), left_of(57));
    let (before, after) = (shown(58, &[&here]), shown(58, &[&further]));
    let left = (shown(58, &[&here, &further]) - after) / (before - after);
    assert!(left < 0.6, "{left} of the edge before: what nothing moves keeps .88");
    assert!(shown(62, &[&here, &further]) < 0.01, "the edge before is no second outline");
}

#[test]
fn nobody_appears_in_the_middle_of_what_stands_still() {
    let (nobody, somebody) = (left_of(0), left_of(60));
    assert!(shown(20, &[&nobody, &somebody]) < 0.1);
    let mut long: Vec<&dyn Fn(usize) -> f32> = vec![&nobody];
    long.extend([&somebody as &dyn Fn(usize) -> f32; 60]);
    assert!(shown(20, &long) > 0.9, "a person who stays is believed");
    assert!(shown(20, &[&somebody, &somebody, &nobody]) > 0.9, "nor does anybody vanish");
}

#[test]
fn what_was_there_stays_while_the_net_is_in_doubt() {
    let (nobody, somebody) = (left_of(0), left_of(60));
    let (rather, hardly) = (|x: usize| 0.6 * left_of(60)(x), |x: usize| 0.4 * left_of(60)(x));
    let after = |first: &dyn Fn(usize) -> f32, then: &dyn Fn(usize) -> f32| {
        let mut masks: Vec<&dyn Fn(usize) -> f32> = vec![first];
        masks.extend([then; 60]);
        shown(20, &masks)
    };
    assert!(after(&somebody, &hardly) > 0.9 && after(&nobody, &rather) < 0.1);
    assert!(
        shown(20, &[&rather]) > 0.5 && shown(20, &[&hardly]) < 0.5,
        "without a frame before the net says it"
    );
}

//! What hangs on a head and follows it late: `antifaz::swing`.

use antifaz::quality::Tier;
use image::Rgba;

use super::{Bench, PASS, composer, light, main};
use crate::bench::Observed;

const SPRINGS: &str = "requires = { face = [\"mesh\", \"pose\"] }\n[[particles]]\nname = \"springs\"\ncount = 8\n\
    [[passes]]\nname = \"swing\"\nshader = \"a.wgsl\"\nentry = \"swing\"\nstage = \"compute\"\n\
    particles = \"springs\"\n";
const SWING: &str = "import antifaz::swing::{follow, lag};\nimport package::inputs::{springs};\n\
    const TOP = vec3f(0.0, 10.0, 0.0);\n@if(compute)\n@compute @workgroup_size(64)\n\
    fn swing(@builtin(global_invocation_id) at: vec3u) {\n    \
    springs[at.x] = follow(springs[at.x], at.x, TOP, 12.0, 0.5);\n}\n";

/// A picture whose red says how far the spring of the first face lags to the right, in cm: 0.5 + lag / 20.
fn lags(frames: &[(u64, f32)]) -> Vec<f32> {
    let bench = Bench::new();
    let manifest = SPRINGS.to_owned() + PASS;
    let shader =
        SWING.to_owned() + &main("    return vec4f(0.5 + lag(springs[0], 0u, TOP).x / 20.0, 0.0, 0.0, 1.0);");
    let mut composer = composer(&bench, &manifest, &shader, "");
    let mut seen = Observed::of_still("pd_astronaut.png", 32);
    // Upright and straight ahead: what the camera calls right is the head's right.
    let mut pose = [0.0; 16];
    (pose[0], pose[5], pose[10], pose[14], pose[15]) = (1.0, 1.0, 1.0, -40.0, 1.0);
    let mut lag = |millis, x| {
        pose[12] = x;
        seen.faces.faces[0].pose = pose;
        let Rgba([red, ..]) = bench.draw(&mut composer, &seen, millis, Tier::High)[(8, 8)];
        (light(red) - 0.5) * 20.0
    };
    frames.iter().map(|(millis, x)| lag(*millis, *x)).collect()
}

#[test]
fn a_spring_lags_behind_swings_over_and_comes_to_rest() {
    let mut frames = vec![(0, 0.0), (40, 0.0), (80, 4.0)];
    frames.extend((3..60).map(|frame| (frame * 40, 4.0)));
    let found = lags(&frames);
    assert!(found[..2].iter().all(|lag| lag.abs() < 0.1), "it begins at rest: {found:?}");
    assert!((-4.0..-2.5).contains(&found[2]), "it lags behind: {found:?}");
    assert!(found[3..20].iter().any(|lag| *lag > 0.2), "it swings over: {found:?}");
    assert!(found[59].abs() < 0.1, "it comes to rest: {found:?}");
}

#[test]
fn a_jump_in_time_starts_at_rest() {
    let found = lags(&[(0, 0.0), (40, 0.0), (9000, 6.0)]);
    assert!(found[2].abs() < 0.1, "{found:?}");
}

#[test]
fn a_jump_of_the_head_is_a_cut() {
    let found = lags(&[(0, 0.0), (40, 0.0), (80, 18.0), (120, 18.0)]);
    assert!(found[2..].iter().all(|lag| lag.abs() < 0.1), "{found:?}");
}

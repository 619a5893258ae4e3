//! Compute passes and `[[particles]]`.

use antifaz::{compose::ComposeError, quality::Tier};

use super::{Bench, PASS, composer, light, main, plain, shows, try_composer};

const GREY: [u8; 4] = [128, 128, 128, 255];

#[test]
fn a_compute_pass_covers_its_target() {
    let bench = Bench::new();
    let manifest = "[[passes]]\nname = \"fill\"\nshader = \"a.wgsl\"\nentry = \"fill\"\nstage = \"compute\"\n\
                    target = \"t\"\nsize = [13, 7]\nformat = \"rgba16float\"\n"
        .to_owned()
        + PASS + "reads = [\"t\"]\n";
    let shader = "import package::inputs::{t};\n".to_owned()
        + "@if(compute)\n@compute @workgroup_size(8, 8)\nfn fill(@builtin(global_invocation_id) at: vec3u) {\n    \
           let size = vec2f(textureDimensions(package::inputs::canvas));\n    \
           textureStore(package::inputs::canvas, at.xy, vec4f((vec2f(at.xy) + 0.5) / size, 0.25, 1.0));\n}\n"
        + &main("    return textureSampleLevel(t, linear, in.uv, 0.0);");
    let mut composer = composer(&bench, &manifest, &shader, "");
    let drawn = bench.draw(&mut composer, &plain([13, 7], GREY), 0, Tier::High);
    for [x, y] in [[0, 0], [12, 6], [9, 2]] {
        shows(&drawn, [x, y], [(x as f32 + 0.5) / 13.0, (y as f32 + 0.5) / 7.0, 0.25]);
    }
}

const SWARM: &str = "[[particles]]\nname = \"dots\"\ncount = 3\n[[passes]]\nname = \"step\"\nshader = \"a.wgsl\"\n\
    entry = \"step\"\nstage = \"compute\"\nparticles = \"dots\"\n[[passes]]\nname = \"draw\"\nshader = \"a.wgsl\"\n\
    entry = \"main\"\nspace = \"particles\"\nparticles = \"dots\"\n";

/// Dots in a row that move down by half the picture in a second; the last one lives for 0.15 seconds.
const STEP: &str = "import package::inputs::{dots, dots_count};\n@if(compute)\n@compute @workgroup_size(64)\n\
    fn step(@builtin(global_invocation_id) at: vec3u) {\n    let i = at.x;\n    if frame.anew == 1u {\n        \
    dots[i].position = vec3f((f32(i) + 0.5) / f32(dots_count), 0.25, 0.0);\n        dots[i].velocity = vec3f(0.0, 0.5, \
    0.0);\n        dots[i].life = select(10.0, 0.15, i == 2u);\n        dots[i].size = 0.25;\n        dots[i].color = \
    vec4f(f32(i) * 0.5, 0.75, 0.0, 1.0);\n    }\n    dots[i].position += dots[i].velocity * frame.delta;\n    \
    dots[i].age += frame.delta;\n}\n";

#[test]
fn particles_are_moved_and_drawn_while_they_live() {
    let bench = Bench::new();
    let shader = "import antifaz::particles;\n".to_owned()
        + STEP
        + "@fragment\nfn main(in: particles::Varying) -> @location(0) vec4f {\n    return in.color;\n}\n";
    let mut composer = composer(&bench, SWARM, &shader, "");
    let seen = plain([48, 32], GREY);
    let below = [light(128); 3];
    let mut draw = |millis| bench.draw(&mut composer, &seen, millis, Tier::High);
    let drawn = draw(1000);
    for i in 0..3 {
        // Squares of 8 pixels around (8, 8), (24, 8) and (40, 8).
        let x = 8 + 16 * i;
        shows(&drawn, [x - 4, 4], [i as f32 * 0.5, 0.75, 0.0]);
        shows(&drawn, [x + 3, 11], [i as f32 * 0.5, 0.75, 0.0]);
        shows(&drawn, [x - 5, 8], below);
        shows(&drawn, [x, 12], below);
    }
    let made = (bench.gpu.counts().textures, bench.gpu.counts().buffers);
    let drawn = draw(1125);
    shows(&drawn, [40, 10], [1.0, 0.75, 0.0]);
    let drawn = draw(1250);
    shows(&drawn, [8, 12], [0.0, 0.75, 0.0]);
    shows(&drawn, [8, 7], below);
    shows(&drawn, [24, 15], [0.5, 0.75, 0.0]);
    shows(&drawn, [40, 12], below);
    assert_eq!(bench.gpu.counts().textures, made.0, "textures are made in every frame");
    // What the bench itself hands in: faces.
    assert_eq!(bench.gpu.counts().buffers, made.1 + 2, "buffers are made in every frame");
    shows(&draw(500), [40, 8], [1.0, 0.75, 0.0]);
}

#[test]
fn particles_that_are_no_numbers_begin_anew() {
    let bench = Bench::new();
    let manifest = SWARM.replace("count = 3", "count = 1");
    // What it holds spoils itself in the first frame, and would in all that follow.
    let step = "import antifaz::particles;\nimport package::inputs::{dots};\n@if(compute)\n@compute @workgroup_size(64)\n\
                fn step(@builtin(global_invocation_id) at: vec3u) {\n    if dots[at.x].life == 0.0 {\n        \
                dots[at.x].life = 9.0;\n        dots[at.x].size = 2.0;\n        dots[at.x].velocity = vec3f(0.5);\n    }\n    \
                dots[at.x].velocity *= sqrt(frame.time - 1.0) / sqrt(abs(frame.time - 1.0));\n    \
                dots[at.x].position = dots[at.x].velocity;\n    dots[at.x].color = vec4f(1.0, 0.0, 0.0, 1.0);\n}\n\
                @fragment\nfn main(in: particles::Varying) -> @location(0) vec4f {\n    return in.color;\n}\n";
    let mut composer = composer(&bench, &manifest, step, "");
    let seen = plain([16, 16], GREY);
    let mut draw = |millis| bench.draw(&mut composer, &seen, millis, Tier::High);
    shows(&draw(0), [8, 8], [light(128); 3]);
    shows(&draw(1500), [8, 8], [1.0, 0.0, 0.0]);
}

#[test]
fn a_square_knows_its_corners_and_turns_clockwise() {
    let bench = Bench::new();
    let manifest = SWARM.replace("count = 3", "count = 1");
    let step = "import antifaz::particles;\nimport package::inputs::{dots};\n@if(compute)\n@compute @workgroup_size(64)\n\
                fn step(@builtin(global_invocation_id) at: vec3u) {\n    dots[at.x].position = vec3f(0.5);\n    \
                dots[at.x].life = 1.0;\n    dots[at.x].size = 1.0;\n    dots[at.x].spin = 1.5707963 * floor(frame.time);\n}\n\
                @fragment\nfn main(in: particles::Varying) -> @location(0) vec4f {\n    return vec4f(in.uv, \
                f32(in.number), 1.0);\n}\n";
    let mut composer = composer(&bench, &manifest, step, "");
    let seen = plain([16, 16], GREY);
    let drawn = bench.draw(&mut composer, &seen, 0, Tier::High);
    shows(&drawn, [0, 0], [0.5 / 16.0, 0.5 / 16.0, 0.0]);
    shows(&drawn, [12, 4], [12.5 / 16.0, 4.5 / 16.0, 0.0]);
    // A quarter on, the left upper corner is at the right.
    let drawn = bench.draw(&mut composer, &seen, 1000, Tier::High);
    shows(&drawn, [15, 0], [0.5 / 16.0, 0.5 / 16.0, 0.0]);
    shows(&drawn, [15, 15], [15.5 / 16.0, 0.5 / 16.0, 0.0]);
}

#[test]
fn only_the_pass_that_moves_particles_may_write_them() {
    let bench = Bench::new();
    let shader = STEP.replace("@if(compute)\n", "")
        + "@fragment\nfn main(in: antifaz::particles::Varying) -> @location(0) vec4f {\n    return in.color;\n}\n";
    match try_composer(&bench, SWARM, &shader, "") {
        Err(ComposeError::Gpu(error)) => assert!(error.to_string().starts_with("test/a.wgsl:"), "{error}"),
        other => panic!("{other:?}"),
    }
}

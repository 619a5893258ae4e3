//! `persistent` and `history`.

use antifaz::quality::Tier;

use super::{Bench, PASS, composer, main, plain, shows};

const GREY: [u8; 4] = [128, 128, 128, 255];

/// A pass on the target `t`.
fn pass(entry: &str, more: &str) -> String {
    format!(
        "[[passes]]\nname = \"{entry}\"\nshader = \"a.wgsl\"\nentry = \"{entry}\"\ntarget = \"t\"\n{more}\n"
    )
}

fn entry(name: &str, value: &str) -> String {
    format!("@fragment\nfn {name}(in: Varying) -> @location(0) vec4f {{\n    return {value};\n}}\n")
}

#[test]
fn a_persistent_target_is_read_while_it_is_written() {
    let bench = Bench::new();
    let manifest =
        pass("grow", "persistent = true\nreads = [\"t\"]\nformat = \"rgba16float\"\nsize = [4, 4]")
            + PASS
            + "reads = [\"t\"]\n";
    let shader = "import package::inputs::{t};\n".to_owned()
        + &entry("grow", "textureLoad(t, vec2u(0u), 0) + vec4f(0.125, 0.0, frame.delta, 0.25)")
        + &main("    return vec4f(textureLoad(t, vec2u(3u), 0).rgb, 1.0);");
    let mut composer = composer(&bench, &manifest, &shader, "");
    let mut draw = |seen, millis| bench.draw(&mut composer, seen, millis, Tier::High);
    let seen = plain([8, 8], GREY);
    shows(&draw(&seen, 100), [4, 4], [0.125, 0.0, 0.0]);
    let made = bench.gpu.counts().textures;
    shows(&draw(&seen, 225), [4, 4], [0.25, 0.0, 0.125]);
    shows(&draw(&seen, 350), [4, 4], [0.375, 0.0, 0.25]);
    shows(&draw(&seen, 50), [4, 4], [0.125, 0.0, 0.0]);
    assert_eq!(bench.gpu.counts().textures, made, "textures are made in every frame");
    shows(&draw(&plain([16, 8], GREY), 60), [4, 4], [0.25, 0.0, 0.01]);
}

#[test]
fn what_is_blended_onto_a_persistent_target_piles_up() {
    let bench = Bench::new();
    let manifest = pass("pile", "persistent = true\nblend = \"add\"\nformat = \"rgba16float\"")
        + PASS
        + "reads = [\"t\"]\n";
    let shader = "import package::inputs::{t};\n".to_owned()
        + &entry("pile", "vec4f(0.1, 0.2, 0.0, 0.0)")
        + &main("    return vec4f(textureSampleLevel(t, linear, in.uv, 0.0).rgb, 1.0);");
    let mut composer = composer(&bench, &manifest, &shader, "");
    let seen = plain([8, 8], GREY);
    for frame in 1..4 {
        let drawn = bench.draw(&mut composer, &seen, frame * 40, Tier::High);
        shows(&drawn, [2, 7], [0.1 * frame as f32, 0.2 * frame as f32, 0.0]);
    }
    // In another size it begins anew.
    shows(&bench.draw(&mut composer, &plain([4, 4], GREY), 170, Tier::High), [2, 2], [0.1, 0.2, 0.0]);
}

#[test]
fn a_history_holds_as_many_frames_as_it_says() {
    let bench = Bench::new();
    let manifest =
        pass("keep", "history = 3\nformat = \"rgba16float\"\nsize = [2, 2]") + PASS + "reads = [\"t\"]\n";
    let shader = "import package::inputs::{t_ago};\n".to_owned()
        + &entry("keep", "vec4f(frame.time)")
        + &main("    return vec4f(t_ago(in.uv, 0u).r, t_ago(in.uv, 1u).r, t_ago(in.uv, 2u).r, 1.0);");
    let mut composer = composer(&bench, &manifest, &shader, "");
    let seen = plain([8, 8], GREY);
    let mut draw =
        |millis, expected| shows(&bench.draw(&mut composer, &seen, millis, Tier::High), [3, 3], expected);
    draw(100, [0.0; 3]);
    let made = bench.gpu.counts().textures;
    draw(200, [0.1, 0.0, 0.0]);
    draw(300, [0.2, 0.1, 0.0]);
    draw(400, [0.3, 0.2, 0.1]);
    draw(500, [0.4, 0.3, 0.2]);
    draw(100, [0.0; 3]);
    draw(150, [0.1, 0.0, 0.0]);
    assert_eq!(bench.gpu.counts().textures, made, "textures are made in every frame");
}

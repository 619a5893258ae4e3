// Echoes by feedback: each frame draws what the frame before has drawn, a little larger and fainter, and puts the people
// of now over it. So no past frames are stored, and echoes may live as long as they like.

import antifaz::color::{luma};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::fullscreen::{Varying};
import antifaz::matte::{foreground_at, matte_known, person_at};
import package::inputs::{params, trail};

/// Colours that follow one another, all of about the same brightness.
fn hue(turn: f32) -> vec3f {
    let wave = 0.5 + 0.5 * cos(6.2831853 * (turn + vec3f(0.0, 0.36, 0.68)));
    return wave * wave / max(luma(wave * wave), 0.1) * 0.45;
}

/// How far an echo grows in the time since the frame before.
fn growth() -> f32 {
    return 1.0 + params.grow * frame.delta;
}

@fragment
fn feed(in: Varying) -> @location(0) vec4f {
    let past = params.origin + (in.uv - params.origin) / growth();
    // `life` is the time after which 5 % are left.
    let before = textureSampleLevel(trail, linear, past, 0.0) * exp(-3.0 * frame.delta / params.life);
    if !matte_known() {
        return before;
    }
    let light = foreground_at(in.uv);
    let person = person_at(in.uv);
    // An echo is left on each beat.
    let beat = floor(frame.time * params.beat);
    let last = floor((frame.time - frame.delta) * params.beat);
    if beat == last && frame.delta > 0.0 {
        return before;
    }
    var color = hue(beat * 0.11) * (0.35 + 0.9 * sqrt(luma(light)));
    if params.echo == 1u {
        color = light;
    }
    let now = vec4f(color, 1.0) * person;
    if frame.delta == 0.0 {
        // The first frame leaves one, too; where time stands still nothing is added twice.
        if now.a > before.a {
            return now;
        }
        return before;
    }
    return now + before * (1.0 - now.a);
}

@fragment
fn join(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);
    let person = person_at(in.uv);
    var echo = textureSampleLevel(trail, linear, in.uv, 0.0);
    // Echoes stay clear for most of their life, and then go.
    echo *= pow(max(echo.a, 1e-3), -0.45) * params.strength;
    let back = source.rgb * mix(1.0, 0.06, params.dim * params.strength);
    // Half as a veil, half as light: echoes shine where they lie on each other.
    let behind = back * (1.0 - echo.a) + echo.rgb + 0.5 * echo.rgb * back;
    let joined = mix(min(behind, vec3f(1.0)), foreground_at(in.uv), person);
    return vec4f(joined * source.a, source.a);
}

// A full-frame pass: the function below runs once for each pixel of the picture.
// Colours are linear light with premultiplied alpha; 0..1, bright lights may be above 1.

// What other modules offer. `antifaz::...` is the engine's own; `package::inputs` is made from filter.toml.
import antifaz::color::{luma};
import antifaz::frame::{frame, picture_at};
import antifaz::fullscreen::{Varying};
import package::inputs::{params};

/// 1 in the middle of the picture, less towards its corners. `uv` is 0..1 from the left upper corner.
fn vignette(uv: vec2f) -> f32 {
    // `frame.size` is in pixels: with it a circle is round on every picture.
    let from_middle = (uv - 0.5) * frame.size / frame.size.y;
    return 1.0 - 0.5 * smoothstep(0.3, 0.9, length(from_middle));
}

@fragment
fn tint(in: Varying) -> @location(0) vec4f {
    let source = picture_at(in.uv);

    // Shadows take more of the tint than lights, as in old prints. `frame.time` (seconds) would make it move.
    let amount = mix(1.0, 0.4, clamp(luma(source.rgb), 0.0, 1.0));
    let tinted = mix(source.rgb, source.rgb * params.tint.rgb, amount) * vignette(in.uv);

    // A filter never changes how opaque the picture is.
    return vec4f(mix(source.rgb, tinted, params.strength), source.a);
}

// The refined matte as code values: 255 is all person.

import antifaz::color::{decode};
import antifaz::fullscreen::{Varying};
import antifaz::matte::{person_at};

@fragment
fn show(in: Varying) -> @location(0) vec4f {
    return vec4f(decode(vec3f(person_at(in.uv))), 1.0);
}

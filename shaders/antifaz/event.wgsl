// Events: something that begins and ends, such as a smile, a tap or the tick of a clock. An input of the type `event`
// called `kick` is a function: `import package::inputs::{kick};`, then `kick(face)` where its source is of a face, else
// `kick()`.

/// `since` of what never was, or more.
const NEVER: f32 = 1e6;

/// What is known of an event now.
struct Event {
    /// The source now: 0..1, or radians. Of time: the seconds since it last began.
    value: f32,
    /// 1 while it lasts, else 0. Taps and clocks last one frame.
    on: f32,
    /// Seconds since it last began.
    since: f32,
    /// How often it has begun: of a face since that came.
    count: u32,
}

/// An event as the engine keeps it.
struct State {
    /// What shaders get.
    event: Event,
    /// One more than the face's id.
    face: u32,
}

/// 1 when the event begins, and from there down to 0 within `seconds`, evenly.
fn fading(event: Event, seconds: f32) -> f32 {
    return clamp(1.0 - event.since / seconds, 0.0, 1.0);
}

/// 0 when the event begins, and from there up to 1 within `seconds`, evenly; stays at 1 while it lasts, and is 0 after.
fn rising(event: Event, seconds: f32) -> f32 {
    return event.on * clamp(event.since / seconds, 0.0, 1.0);
}

//! Events: something that begins and ends, such as a smile, a tap or the tick of a clock.
//!
//! They are evaluated on the GPU, beside the faces (`shaders/compose/events.wgsl`). This is what they mean, and the
//! twin that tests compare with.

use bytemuck::{Pod, Zeroable};

use crate::scene::{BLENDSHAPE_NAMES, Face};

/// Seconds since something that never was.
pub const NEVER: f32 = 1e6;

/// What an event watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The expression coefficient of this number.
    Blendshape(u32),
    /// `antifaz::expression::smile`.
    Smile,
    /// `antifaz::expression::mouth_open`.
    MouthOpen,
    /// `antifaz::expression::blink`.
    Blink,
    /// `antifaz::expression::brow_up`.
    BrowUp,
    /// `antifaz::expression::yaw`.
    Yaw,
    /// `antifaz::expression::pitch`.
    Pitch,
    /// `antifaz::expression::roll`.
    Roll,
    /// The probability that a face is there.
    Present,
    /// The user touches or clicks the picture.
    Tap,
    /// So many seconds are over, again and again.
    Time,
}

/// The sources that are no coefficients: the name, and what the value is.
const NAMED: [(&str, Source, &str); 10] = [
    ("face.smile", Source::Smile, "how much both corners of the mouth smile, 0..1"),
    ("face.mouth_open", Source::MouthOpen, "how far the mouth is open, 0..1"),
    ("face.blink", Source::Blink, "how far both eyes are closed, 0..1; a wink is none"),
    ("face.brow_up", Source::BrowUp, "how far the brows are raised, 0..1"),
    ("face.yaw", Source::Yaw, "radians, positive when the head turns to the picture's right"),
    ("face.pitch", Source::Pitch, "radians, positive when the head looks up"),
    ("face.roll", Source::Roll, "radians, positive when the head leans to the picture's right"),
    ("face.present", Source::Present, "the probability that a face is in the slot, 0..1"),
    ("tap", Source::Tap, "the user touches or clicks the picture"),
    ("time", Source::Time, "`threshold` seconds are over, again and again"),
];
/// What stands before a coefficient's name.
const BLENDSHAPE: &str = "blendshape.";

/// An event of a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The function that shaders ask.
    pub name: String,
    /// For people.
    pub label: String,
    /// What it watches.
    pub source: Source,
    /// From here on it is on. Negative: from here on downward. Of time: the seconds from one to the next.
    pub threshold: f32,
    /// Nearer to 0 than this it is off again.
    pub release: f32,
}

/// What is known of an event between two frames, in the layout of `antifaz::event::State`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct State {
    /// The source now.
    pub value: f32,
    /// 1 while it lasts, else 0.
    pub on: f32,
    /// Seconds since it last began; [`NEVER`] and more where it never did.
    pub since: f32,
    /// How often it has begun.
    pub count: u32,
    /// One more than the id of the face that it was seen in; 0 for none.
    pub face: u32,
}

/// What an event is told of a frame.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Seconds since the frame before.
    pub delta: f32,
    /// Whether nothing of the frames before counts.
    pub anew: bool,
    /// Taps since the frame before.
    pub taps: u32,
    /// The slot's face, which may be absent.
    pub face: &'a Face,
}

impl Source {
    /// A source by name.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(shape) = name.strip_prefix(BLENDSHAPE) {
            let number = BLENDSHAPE_NAMES.iter().position(|known| *known == shape)?;
            return Some(Self::Blendshape(number as u32));
        }
        NAMED.iter().find(|(known, ..)| *known == name).map(|(_, source, _)| *source)
    }

    /// The names of all sources.
    pub fn names() -> impl Iterator<Item = String> {
        let shapes = BLENDSHAPE_NAMES.iter().skip(1).map(|shape| format!("{BLENDSHAPE}{shape}"));
        NAMED.iter().map(|(name, ..)| (*name).to_owned()).chain(shapes)
    }

    /// What the value of a source is. A coefficient needs no words: its name says it.
    pub(super) fn described() -> impl Iterator<Item = (&'static str, &'static str)> {
        NAMED.iter().map(|(name, _, what)| (*name, *what))
    }

    /// Whether each face has it for itself.
    pub fn is_of_face(self) -> bool {
        !matches!(self, Self::Tap | Self::Time)
    }

    /// Its number in `shaders/compose/events.wgsl`: coefficients come first.
    pub fn code(self) -> u32 {
        let first = BLENDSHAPE_NAMES.len() as u32;
        match self {
            Self::Blendshape(number) => number,
            _ => first + NAMED.iter().position(|(_, known, _)| *known == self).unwrap_or(0) as u32,
        }
    }

    /// What a face shows of it, as `antifaz::expression` computes it.
    fn value(self, face: &Face) -> f32 {
        let shape = |name: &str| {
            BLENDSHAPE_NAMES.iter().position(|known| *known == name).map_or(0.0, |i| face.blendshapes[i])
        };
        let column = |i: usize| glam::Vec3::new(face.head[4 * i], face.head[4 * i + 1], face.head[4 * i + 2]);
        let (side, ahead) = (column(0), column(2));
        match self {
            Self::Blendshape(number) => face.blendshapes[number as usize],
            Self::Smile => 0.5 * (shape("mouthSmileLeft") + shape("mouthSmileRight")),
            Self::MouthOpen => shape("jawOpen"),
            Self::Blink => shape("eyeBlinkLeft").min(shape("eyeBlinkRight")),
            Self::BrowUp => {
                shape("browInnerUp").max(0.5 * (shape("browOuterUpLeft") + shape("browOuterUpRight")))
            }
            Self::Yaw => ahead.x.atan2(ahead.z),
            Self::Pitch => ahead.y.atan2(ahead.x.hypot(ahead.z)),
            Self::Roll => -side.y.atan2(side.x.hypot(side.z)),
            Self::Present => face.presence,
            Self::Tap | Self::Time => 0.0,
        }
    }
}

impl State {
    /// Before anything has happened.
    pub const NEW: Self = Self { value: 0.0, on: 0.0, since: NEVER, count: 0, face: 0 };
}

impl Event {
    /// The state after a frame. Twin of `advance` in `shaders/compose/events.wgsl`.
    pub fn advance(&self, before: State, moment: Moment<'_>) -> State {
        let mut state = if moment.anew { State::NEW } else { before };
        state.since += moment.delta;
        match self.source {
            Source::Tap => Self::strike(&mut state, moment.taps, 0.0),
            Source::Time => {
                state.value += moment.delta;
                let periods = (state.value / self.threshold).floor();
                state.value -= periods * self.threshold;
                let value = state.value;
                Self::strike(&mut state, periods as u32, value);
            }
            _ => self.watch(&mut state, moment.face),
        }
        state
    }

    /// Begins and ends within a frame, `times` times, the last time `since` seconds ago.
    fn strike(state: &mut State, times: u32, since: f32) {
        state.on = if times > 0 { 1.0 } else { 0.0 };
        if times > 0 {
            state.since = since;
            state.count += times;
        }
    }

    fn watch(&self, state: &mut State, face: &Face) {
        if face.presence > 0.0 && state.face != face.id + 1 {
            *state = State { face: face.id + 1, ..State::NEW };
        }
        state.value = if face.presence > 0.0 { self.source.value(face) } else { 0.0 };
        let sign = if self.threshold < 0.0 { -1.0 } else { 1.0 };
        let limit = if state.on > 0.0 { self.release } else { self.threshold };
        let on = sign * state.value >= sign * limit && face.presence > 0.0;
        if on && state.on == 0.0 {
            state.since = 0.0;
            state.count += 1;
        }
        state.on = if on { 1.0 } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::FaceState;

    fn event(source: &str, threshold: f32, release: f32) -> Event {
        let source = Source::parse(source).expect("a source");
        Event { name: "e".into(), label: "e".into(), source, threshold, release }
    }

    fn moment(face: &Face) -> Moment<'_> {
        Moment { delta: 0.1, anew: false, taps: 0, face }
    }

    #[test]
    fn an_event_begins_at_its_threshold_and_ends_below_its_release() {
        let mut faces = FaceState::empty();
        let face = &mut faces.faces[0];
        face.presence = 1.0;
        let (open, mut state, mut seen) = (event("blendshape.jawOpen", 0.5, 0.3), State::NEW, Vec::new());
        for value in [0.4, 0.6, 0.4, 0.2, 0.4, 0.5] {
            face.blendshapes[25] = value;
            state = open.advance(state, moment(face));
            seen.push((state.on, state.count));
        }
        assert_eq!(seen, [(0.0, 0), (1.0, 1), (1.0, 1), (0.0, 1), (0.0, 1), (1.0, 2)]);
        face.id = 7;
        assert_eq!(open.advance(state, moment(face)).count, 1, "another face");
        face.presence = 0.0;
        let gone = open.advance(state, moment(face));
        assert_eq!((gone.on, gone.count, gone.value), (0.0, 2, 0.0));
    }

    #[test]
    fn a_negative_threshold_is_passed_downward() {
        let mut faces = FaceState::empty();
        let face = &mut faces.faces[0];
        face.presence = 1.0;
        let left = event("face.yaw", -0.4, -0.2);
        let mut on = |angle: f32, state| {
            face.head = glam::Mat4::from_rotation_y(angle).to_cols_array();
            left.advance(state, moment(face))
        };
        let mut state = on(-0.5, State::NEW);
        assert_eq!(state.on, 1.0);
        state = on(-0.3, state);
        assert_eq!(state.on, 1.0);
        assert_eq!(on(0.5, state).on, 0.0);
    }

    #[test]
    fn taps_and_clocks_strike() {
        let faces = FaceState::empty();
        let tap = event("tap", 0.5, 0.5);
        let state = tap.advance(State::NEW, Moment { taps: 2, ..moment(&faces.faces[0]) });
        assert_eq!((state.on, state.since, state.count), (1.0, 0.0, 2));
        let state = tap.advance(state, moment(&faces.faces[0]));
        assert_eq!((state.on, state.count), (0.0, 2));
        let (clock, mut state) = (event("time", 0.25, 0.25), State::NEW);
        let mut counts = Vec::new();
        for _ in 0..6 {
            state = clock.advance(state, Moment { delta: 0.125, ..moment(&faces.faces[0]) });
            counts.push(state.count);
        }
        assert_eq!(counts, [0, 1, 1, 2, 2, 3]);
    }

    #[test]
    fn sources_have_one_name_and_one_number_each() {
        let mut codes: Vec<u32> =
            Source::names().map(|name| Source::parse(&name).expect("a source").code()).collect();
        codes.sort_unstable();
        assert_eq!(codes, (1..62).collect::<Vec<_>>());
        assert_eq!(Source::parse("blendshape.jawOpn"), None);
    }
}

//! Props that move: nodes of a glTF file over time.

use glam::{Mat4, Quat, Vec3, Vec4};

use super::gltf::{Animation, Channel, Document, Node, Transform};

/// The nodes of a prop that moves. Without any, the prop is one rigid piece.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rig {
    /// Those above come first.
    joints: Vec<Joint>,
    /// The joint of each piece of the mesh.
    pieces: Vec<usize>,
    tracks: Vec<Track>,
    /// After so many seconds it begins again.
    seconds: f32,
}

#[derive(Clone, Debug, PartialEq)]
struct Joint {
    above: Option<usize>,
    /// The node's number in the file.
    node: usize,
    rest: Transform,
    /// What the file gives as a matrix, which can't be moved.
    fixed: Option<Mat4>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Path {
    Translation,
    Rotation,
    Scale,
}

/// One property of one node.
#[derive(Clone, Debug, PartialEq)]
struct Track {
    node: usize,
    path: Path,
    /// Values stay until the next one, instead of changing evenly.
    steps: bool,
    times: Vec<f32>,
    values: Vec<Vec4>,
}

impl Rig {
    /// The first animation of a file; nothing where there is none.
    pub(super) fn read(document: &Document) -> Result<Self, String> {
        let mut rig = Self::default();
        let Some(animation) = document.json.animations.first() else { return Ok(rig) };
        for channel in &animation.channels {
            rig.tracks.extend(track(document, animation, channel)?);
        }
        rig.seconds =
            rig.tracks.iter().filter_map(|track| track.times.last()).fold(0.0, |a: f32, b| a.max(*b));
        Ok(rig)
    }

    /// Whether anything moves.
    pub fn moves(&self) -> bool {
        !self.tracks.is_empty()
    }

    /// How many pieces move by themselves.
    pub fn pieces(&self) -> usize {
        self.pieces.len().max(1)
    }

    /// Adds a node below another, and gives its number.
    pub(super) fn add(&mut self, node: usize, of: &Node, above: Option<usize>) -> usize {
        self.joints.push(Joint { above, node, rest: of.transform(), fixed: of.fixed() });
        self.joints.len() - 1
    }

    /// A piece of the mesh that hangs on a joint; its number.
    pub(super) fn add_piece(&mut self, joint: usize) -> u32 {
        self.pieces.push(joint);
        self.pieces.len() as u32 - 1
    }

    /// From each piece's own space to that of the prop, at a time.
    pub fn pose(&self, seconds: f32) -> Vec<Mat4> {
        let time = if self.seconds > 0.0 { seconds.rem_euclid(self.seconds) } else { 0.0 };
        let mut from_joint: Vec<Mat4> = Vec::with_capacity(self.joints.len());
        for joint in &self.joints {
            let mut local = joint.rest;
            for track in self.tracks.iter().filter(|track| track.node == joint.node) {
                track.apply(time, &mut local);
            }
            let local = joint.fixed.unwrap_or_else(|| local.matrix());
            from_joint.push(joint.above.map_or(local, |above| from_joint[above] * local));
        }
        match self.pieces.as_slice() {
            [] => vec![Mat4::IDENTITY],
            pieces => pieces.iter().map(|joint| from_joint[*joint]).collect(),
        }
    }
}

fn track(document: &Document, animation: &Animation, channel: &Channel) -> Result<Option<Track>, String> {
    let sampler =
        animation.samplers.get(channel.sampler).ok_or("its animation names values that are not there")?;
    let Some(node) = channel.target.node else { return Ok(None) };
    let three = |values: Vec<Vec3>| values.into_iter().map(|value| value.extend(0.0)).collect();
    let (path, values) = match channel.target.path.as_str() {
        "translation" => (Path::Translation, three(document.vectors(sampler.output)?)),
        "scale" => (Path::Scale, three(document.vectors(sampler.output)?)),
        "rotation" => (Path::Rotation, document.quads(sampler.output)?),
        other => {
            return Err(format!("its animation moves `{other}`; only nodes can be moved, turned and scaled"));
        }
    };
    let steps = match sampler.interpolation.as_str() {
        "" | "LINEAR" => false,
        "STEP" => true,
        other => return Err(format!("its animation is of the kind {other}: export it with linear keys")),
    };
    let times = document.numbers(sampler.input)?;
    let ordered = times.windows(2).all(|pair| pair[0] < pair[1]);
    let finite = times.iter().all(|time| *time >= 0.0 && time.is_finite())
        && values.iter().all(|value: &Vec4| value.is_finite());
    if times.is_empty() || times.len() != values.len() || !ordered || !finite {
        return Err("its animation has times and values that do not fit".into());
    }
    Ok(Some(Track { node, path, steps, times, values }))
}

impl Track {
    fn apply(&self, time: f32, to: &mut Transform) {
        let next = self.times.partition_point(|at| *at <= time);
        let last = next.saturating_sub(1);
        let next = next.min(self.times.len() - 1);
        let span = self.times[next] - self.times[last];
        let share =
            if self.steps || span <= 0.0 { 0.0 } else { ((time - self.times[last]) / span).clamp(0.0, 1.0) };
        let (a, b) = (self.values[last], self.values[next]);
        match self.path {
            Path::Translation => to.translation = a.lerp(b, share).truncate(),
            Path::Scale => to.scale = a.lerp(b, share).truncate(),
            Path::Rotation => {
                let quat = |value: Vec4| {
                    Some(Quat::from_vec4(value))
                        .filter(|quat| quat.length_squared() > 1e-12)
                        .map_or(Quat::IDENTITY, Quat::normalize)
                };
                to.rotation = quat(a).slerp(quat(b), share);
            }
        }
    }
}

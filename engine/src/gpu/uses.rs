//! What dispatches use, and how: whoever reads waits for whoever wrote before, and whoever writes for all before.

use std::collections::HashMap;

/// A buffer or a texture.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Id {
    Buffer(wgpu::Buffer),
    Texture(wgpu::Texture),
}

/// How a shader uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// As a uniform.
    Constant,
    /// As read-only storage, or as a texture that is sampled.
    Reads,
    /// It may write it.
    Writes,
}

/// One of the resources of a dispatch.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub(super) id: Id,
    pub(super) how: How,
    /// As it is bound, if it is a texture of one level and layer.
    pub(super) view: Option<wgpu::TextureView>,
}

/// When a resource is read and written: the first and the last time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    read: Option<[usize; 2]>,
    written: Option<[usize; 2]>,
}

impl Span {
    pub(super) fn note(&mut self, at: usize, how: How) {
        let times = if how == How::Writes { &mut self.written } else { &mut self.read };
        let [first, last] = times.unwrap_or([at; 2]);
        *times = Some([first.min(at), last.max(at)]);
    }

    pub(super) fn is_written(&self) -> bool {
        self.written.is_some()
    }

    /// When it can be used so, at the earliest, after all uses up to now.
    pub(super) fn after(&self, how: How) -> usize {
        let read = self.read.filter(|_| how == How::Writes);
        [read, self.written].into_iter().flatten().map(|[_, last]| last + 1).max().unwrap_or(0)
    }

    /// The earliest start of `later` uses, which count from 0 as these do, that keeps them after these, which begin at `start`.
    pub(super) fn earliest(&self, start: usize, later: &Self) -> usize {
        let begin = |times: Option<[usize; 2]>, how| {
            let (after, [first, _]) = (self.after(how), times?);
            (after > 0).then(|| (start + after).saturating_sub(first))
        };
        let [read, written] = [begin(later.read, How::Reads), begin(later.written, How::Writes)];
        read.max(written).unwrap_or(0)
    }
}

/// When each of some resources is used.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses(HashMap<Id, Span>);

impl Uses {
    pub(super) fn note(&mut self, one: &Use, at: usize) {
        self.0.entry(one.id.clone()).or_default().note(at, one.how);
    }

    pub(super) fn of(&self, id: &Id) -> Option<&Span> {
        self.0.get(id)
    }

    /// The earliest start of `later` uses, which count from 0 as these do, that keeps them after these, which begin at `start`.
    pub(super) fn earliest(&self, start: usize, later: &Self) -> usize {
        let (few, many) = if self.0.len() < later.0.len() { (self, later) } else { (later, self) };
        let both = few.0.iter().filter_map(|(id, span)| Some((span, many.of(id)?)));
        let ordered =
            both.map(|(one, other)| if std::ptr::eq(few, self) { (one, other) } else { (other, one) });
        ordered.map(|(before, after)| before.earliest(start, after)).max().unwrap_or(0)
    }
}

//! Steps as kernels: the text of each, and what it reads.
//!
//! Shapes are baked in. A kernel goes through its steps in phases, each of which makes a region of one value; between
//! phases values stay in workgroup memory. An item is four channels of a cell; all phases end with their `put`: residual,
//! activation, store.

use std::ops::Range;

use super::{
    fusing::Device,
    phase,
    place::{Known, Layout, Place},
    region::{self, Region, Span},
    text,
    windowed::Crew,
};
use crate::nets::{
    Precision,
    plan::{Activation, Plan, Step, ValueId, group::last_readers},
};

/// Invocations of a workgroup that makes items of one step, wherever they are: two waves of most devices.
pub(super) const FLAT: usize = 64;
/// Workgroups along x of a dispatch, at most; what is beyond goes along y.
pub(super) const ROW: usize = 1 << 15;

/// How the invocations of a kernel share the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// Each makes one item of the only step.
    Flat,
    /// Each workgroup makes a tile of these sizes, by axis of the result.
    Tiles(Vec<usize>),
}

/// A dispatch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kernel {
    /// WGSL; its entry point is `main`.
    pub(super) text: String,
    /// The steps that it does.
    pub(super) steps: Range<usize>,
    /// What it reads, by the names there.
    pub(super) reads: Vec<(String, ValueId)>,
    pub(super) output: ValueId,
    /// A whole number of vectors of four.
    pub(super) weights: Vec<f32>,
    /// Weights are kept as f16.
    pub(super) half: bool,
    /// Along x and y; faces are along z.
    pub(super) workgroups: [u32; 2],
}

/// For each of `steps`, the region of its output that a workgroup makes.
pub(super) fn regions(plan: &Plan, steps: &[Step], share: &Share) -> Vec<Region> {
    let Some(last) = steps.last() else { return Vec::new() };
    let shape = region::shape_of(plan, last.output);
    let mut regions: Vec<Option<Region>> = vec![None; steps.len()];
    let tile = match share {
        Share::Flat => region::whole(&shape),
        Share::Tiles(tiles) => region::tiled(&shape, tiles),
    };
    regions[steps.len() - 1] = Some(tile);
    for reader in (0..steps.len()).rev() {
        let Some(to) = regions[reader].clone() else { continue };
        for maker in 0..reader {
            let id = steps[maker].output;
            if steps[reader].reads().any(|read| read == id) {
                let more = region::needed(plan, &steps[reader], id, &to);
                let shape = region::shape_of(plan, id);
                let joined =
                    regions[maker].take().map_or(more.clone(), |known| region::joined(&known, &more, &shape));
                regions[maker] = Some(joined);
            }
        }
    }
    let whole = |(region, step): (Option<Region>, &Step)| {
        region.unwrap_or_else(|| region::whole(&region::shape_of(plan, step.output)))
    };
    regions.into_iter().zip(steps).map(whole).collect()
}

/// Where in workgroup memory the outputs of `steps` but the last go, and how many `vec4` they take together. A place is
/// used again once its value was read for the last time.
pub(super) fn arrange(steps: &[Step], regions: &[Region]) -> (Vec<usize>, usize) {
    let mut places: Vec<(Range<usize>, usize)> = Vec::new();
    let mut offsets = Vec::with_capacity(steps.len());
    let mut most = 0;
    for (index, (step, region)) in steps.iter().zip(regions).enumerate().take(steps.len().saturating_sub(1)) {
        let length = region::groups(region);
        let readers =
            steps.iter().enumerate().filter(|(_, reader)| reader.reads().any(|id| id == step.output));
        let end = readers.map(|(reader, _)| reader).max().unwrap_or(index);
        places.retain(|(_, last)| *last >= index);
        places.sort_by_key(|(place, _)| place.start);
        let mut offset = 0;
        for (place, _) in &places {
            if offset + length <= place.start {
                break;
            }
            offset = offset.max(place.end);
        }
        places.push((offset..offset + length, end));
        offsets.push(offset);
        most = most.max(offset + length);
    }
    (offsets, most)
}

/// Values that `steps` read and none of them makes, each once.
pub(super) fn outside(steps: &[Step]) -> Vec<ValueId> {
    let mut reads: Vec<ValueId> = Vec::new();
    for id in steps.iter().flat_map(Step::reads) {
        if !reads.contains(&id) && steps.iter().all(|step| step.output != id) {
            reads.push(id);
        }
    }
    reads
}

/// What the phases of a kernel are written into.
pub(super) struct Writer<'a> {
    pub(super) plan: &'a Plan,
    /// Invocations of a workgroup; `None` where the kernel is spread over the device.
    threads: Option<usize>,
    /// Who does it.
    crew: Crew,
    known: Vec<Known>,
    functions: String,
    main: String,
    weights: Vec<f32>,
    /// By step.
    ahead: Vec<Ahead>,
    /// Sums that are there at a time, where a phase adds up in parts.
    parts: usize,
    half: bool,
}

impl Writer<'_> {
    /// Invocations that share a tile; `None` where the kernel is spread over the device.
    pub(super) fn threads(&self) -> Option<usize> {
        self.threads
    }

    /// Who does each phase.
    pub(super) fn crew(&self) -> Crew {
        self.crew
    }

    pub(super) fn known(&self, id: ValueId) -> &Known {
        self.known
            .iter()
            .find(|known| known.id == id)
            .unwrap_or_else(|| unreachable!("value {id} is read nowhere"))
    }

    /// Four channels of value `id` at `cells`, from group `group` on.
    pub(super) fn fours(&self, id: ValueId, cells: &[String], group: &str) -> String {
        let cells: String = cells.iter().map(|cell| format!("{cell}, ")).collect();
        format!("fours{}({cells}{group})", self.known(id).name)
    }

    /// One value of `id`, the channel among the `cells`.
    pub(super) fn one(&self, id: ValueId, cells: &[String]) -> String {
        format!("one{}({})", self.known(id).name, cells.join(", "))
    }

    /// Keeps weights, filled up to fours; the `vec4` at which they begin.
    pub(super) fn keep(&mut self, weights: impl IntoIterator<Item = f32>) -> usize {
        let at = self.weights.len() / 4;
        self.weights.extend(weights);
        self.weights.resize(self.weights.len().next_multiple_of(4), 0.0);
        at
    }

    pub(super) fn function(&mut self, text: &str) {
        self.functions += text;
    }

    /// Does `text` for each of `items`, called `i`.
    pub(super) fn each(&mut self, items: usize, text: &str) {
        let head = match self.threads {
            None => format!("    if i < {items}u {{\n"),
            Some(threads) if items <= threads => {
                format!("    if local < {items}u {{\n        let i = local;\n")
            }
            Some(threads) => format!("    for (var i = local; i < {items}u; i += {threads}u) {{\n"),
        };
        self.main += &format!("{head}{text}    }}\n");
    }

    /// Makes room for `sums` of parts.
    pub(super) fn add_in_parts(&mut self, sums: usize) {
        self.parts = self.parts.max(sums);
    }

    /// Waits for all invocations of the workgroup.
    pub(super) fn wait(&mut self) {
        self.main += "    workgroupBarrier();\n";
    }

    /// Statements that read what `put{index}` will need, at the cell with `suffix`: reading takes long, so it begins early.
    pub(super) fn ahead(&self, index: usize, suffix: &str) -> String {
        let at = |text: &str| text.replace('@', suffix);
        let ahead = &self.ahead[index];
        let more = ahead.residual.as_ref().map(|read| format!("let more{suffix} = {}; ", at(read)));
        let slope = ahead.slope.as_ref().map(|read| format!("let slope{suffix} = {};", at(read)));
        more.unwrap_or_default() + &slope.unwrap_or_default()
    }

    /// The arguments that hand it on.
    pub(super) fn handed_on(&self, index: usize, suffix: &str) -> String {
        let ahead = &self.ahead[index];
        let more = ahead.residual.as_ref().map(|_| format!(", more{suffix}"));
        more.unwrap_or_default()
            + &ahead.slope.as_ref().map(|_| format!(", slope{suffix}")).unwrap_or_default()
    }

    /// `put{n}(c0, ..., g, value)` of the output of `step`: adds the residual, applies the activation and writes.
    fn put(&mut self, step: &Step, name: usize, region: &[Span], ragged: bool) {
        let to = self.known(step.output).clone();
        let groups = to.groups();
        let cells: Vec<String> = (0..to.shape.len() - 1).map(|axis| format!("c{axis}@")).collect();
        let mut ahead = Ahead::default();
        let mut text = "    var x = value;\n".to_owned();
        for (axis, span) in region.iter().enumerate().filter(|_| ragged) {
            let (at, size) = match axis + 1 == region.len() {
                true => ("g".to_owned(), groups),
                false => (format!("c{axis}"), to.shape[axis]),
            };
            if span.step != 0 {
                text += &format!("    if {at} >= {size} {{ return; }}\n");
            }
        }
        if let Some(id) = step.residual {
            let depth = self.known(id).groups();
            let read = self.fours(id, &cells, "g@");
            ahead.residual = Some(match depth < groups {
                true => format!("select(vec4<f32>(), {read}, g@ < {depth})"),
                false => read,
            });
            text += "    x += more;\n";
        }
        match &step.activation {
            Activation::None => {}
            Activation::Unary(unary) => text += &format!("    x = {};\n", text::unary(*unary, "x")),
            Activation::Prelu(slopes) => {
                let at = self.keep(slopes.iter().copied());
                ahead.slope = Some(format!("weights4({at} + g@)"));
                text += "    x = select(x, x * slope, x < vec4<f32>());\n";
            }
        }
        text += &store(&to, self.half);
        let more = ahead.residual.as_ref().map_or("", |_| ", more: vec4<f32>");
        let slope = ahead.slope.as_ref().map_or("", |_| ", slope: vec4<f32>");
        let head = format!("fn put{name}({}g: i32, value: vec4<f32>{more}{slope}) {{\n", to.parameters());
        self.functions += &(head + &text + "}\n");
        self.ahead.push(ahead);
    }
}

/// What a `put` needs besides its value, as WGSL; `@` stands for the suffix of the cell.
#[derive(Default)]
struct Ahead {
    residual: Option<String>,
    slope: Option<String>,
}

/// Statements that write `x`.
fn store(to: &Known, half: bool) -> String {
    let (index, array) = (to.index(), to.array());
    if to.element() == "f32" {
        let lane = |lane: usize| match to.channels() / 4 * 4 + lane < to.channels() {
            true => format!("    {array}[u32(at + {lane})] = x[{lane}];\n"),
            false => {
                format!("    if g < {} {{ {array}[u32(at + {lane})] = x[{lane}]; }}\n", to.channels() / 4)
            }
        };
        let lanes: String = (0..4).map(lane).collect();
        return format!("    let at = {index};\n{lanes}");
    }
    let mut text = String::new();
    let rest = to.channels() % 4;
    if rest > 0 {
        // What fills up the last group stays zero.
        let mask: Vec<&str> = (0..4).map(|lane| if lane < rest { "1.0" } else { "0.0" }).collect();
        text += &format!(
            "    if g == {} {{ x = select(vec4<f32>(), x, vec4<f32>({}) > vec4<f32>()); }}\n",
            to.groups() - 1,
            mask.join(", ")
        );
    }
    // What f16 can't hold would become infinite, and then NaN.
    let near = "vec4<f16>(clamp(x, vec4<f32>(-65504.0), vec4<f32>(65504.0)))";
    let value = match to.place {
        Place::Buffer(Layout::Half) => near,
        Place::Workgroup(..) if half => near,
        _ => "x",
    };
    text + &format!("    {array}[u32({index})] = {value};\n")
}

/// The kernel that does `steps`, of which only the last one's output is read outside.
pub(super) fn kernel(plan: &Plan, range: Range<usize>, share: &Share, device: Device) -> Kernel {
    let precision = if device.half { Precision::F16 } else { Precision::F32 };
    let steps = &plan.steps[range.clone()];
    let regions = regions(plan, steps, share);
    let (offsets, between) = arrange(steps, &regions);
    let last = &steps[steps.len() - 1];
    let mut writer = Writer {
        plan,
        threads: (*share != Share::Flat).then_some(device.threads),
        crew: if *share == Share::Flat { device.all() } else { Crew::Group(device.threads) },
        known: known(plan, steps, &regions, &offsets, precision),
        functions: String::new(),
        main: String::new(),
        weights: Vec::new(),
        ahead: Vec::new(),
        parts: 0,
        half: device.half,
    };
    let shape = region::shape_of(plan, last.output);
    for (index, (step, region)) in steps.iter().zip(&regions).enumerate() {
        let is_last = index + 1 == steps.len();
        let ragged = is_last && region.iter().zip(&shape).any(|(span, size)| !size.is_multiple_of(span.len));
        writer.put(step, index, region, ragged);
        phase::write(&mut writer, step, index, region);
        if !is_last {
            writer.wait();
        }
    }
    let tiles: Vec<usize> = match share {
        Share::Flat => vec![phase::items(&writer, last, &regions[steps.len() - 1]).div_ceil(FLAT)],
        Share::Tiles(_) => {
            let last = &regions[steps.len() - 1];
            last.iter()
                .zip(&shape)
                .map(|(span, size)| if span.step == 0 { 1 } else { size.div_ceil(span.len) })
                .collect()
        }
    };
    let count: usize = tiles.iter().product();
    Kernel {
        text: writer.text(&tiles, between),
        steps: range,
        reads: outside(steps).into_iter().map(|id| (writer.known(id).array(), id)).collect(),
        output: last.output,
        half: device.half,
        weights: writer.weights,
        workgroups: [count.min(ROW) as u32, count.div_ceil(ROW) as u32],
    }
}

/// All values of a kernel.
fn known(
    plan: &Plan,
    steps: &[Step],
    regions: &[Region],
    offsets: &[usize],
    precision: Precision,
) -> Vec<Known> {
    let place = |id: ValueId| match plan.values[id].constant {
        Some(_) => Place::Constant,
        None => Place::Buffer(Layout::of(plan, id, precision)),
    };
    let mut known: Vec<Known> = Vec::new();
    for id in outside(steps) {
        known.push(Known::new(plan, id, place(id), known.len()));
    }
    for (index, step) in steps.iter().enumerate() {
        let place = match offsets.get(index) {
            Some(&offset) => Place::Workgroup(offset, regions[index].clone()),
            None => place(step.output),
        };
        known.push(Known::new(plan, step.output, place, known.len()));
    }
    known
}

impl Writer<'_> {
    /// All of the shader.
    fn text(&self, tiles: &[usize], between: usize) -> String {
        let mut text = if self.half { "enable f16;\n\n".to_owned() } else { String::new() };
        let values = self.known.iter().filter(|known| !matches!(known.place, Place::Workgroup(..)));
        let outputs = self.known.len() - 1;
        let mut binding = 0;
        for value in values {
            let access = if value.name == outputs { "read_write" } else { "read" };
            let (array, element) = (value.array(), value.element());
            text +=
                &format!("@group(0) @binding({binding}) var<storage, {access}> {array}: array<{element}>;\n");
            binding += 1;
        }
        if !self.weights.is_empty() {
            let element = if self.half { "vec4<f16>" } else { "vec4<f32>" };
            text += &format!(
                "@group(0) @binding({binding}) var<storage, read> weights: array<{element}>;\n\
                 fn weights4(at: i32) -> vec4<f32> {{ return vec4<f32>(weights[u32(at)]); }}\n"
            );
        }
        if between > 0 {
            let element = if self.half { "vec4<f16>" } else { "vec4<f32>" };
            text += &format!("var<workgroup> between: array<{element}, {between}>;\n");
        }
        if self.parts > 0 {
            text += &format!("var<workgroup> parts: array<vec4<f32>, {}>;\n", self.parts);
        }
        text += "var<private> face: i32;\n";
        (0..tiles.len()).for_each(|axis| text += &format!("var<private> t{axis}: i32;\n"));
        let uses = |name: String| self.functions.contains(&name) || self.main.contains(&name);
        for value in &self.known {
            if uses(format!("fours{}(", value.name)) || uses(format!("one{}(", value.name)) {
                text += &value.functions();
            }
        }
        text += &self.functions;
        text += &self.entry(tiles);
        text
    }

    fn entry(&self, tiles: &[usize]) -> String {
        let (size, start) = if self.threads.is_none() {
            let start = format!("    let i = (group.x + group.y * {ROW}u) * {FLAT}u + local;\n");
            (FLAT, start)
        } else {
            let mut start = format!("    let tile = i32(group.x + group.y * {ROW}u);\n");
            let mut stride = 1;
            for (axis, &count) in tiles.iter().enumerate().rev() {
                start += &match count {
                    1 => format!("    t{axis} = 0;\n"),
                    _ => format!("    t{axis} = tile / {stride} % {count};\n"),
                };
                stride *= count;
            }
            (self.threads.unwrap_or(FLAT), start)
        };
        format!(
            "\n@compute @workgroup_size({size})\nfn main(@builtin(workgroup_id) group: vec3<u32>, \
             @builtin(local_invocation_index) local: u32) {{\n    face = i32(group.z);\n{start}{}}}\n",
            self.main
        )
    }
}

/// For each step, whether its output is read after step `end`: what a kernel that ends there may not keep for itself.
pub(super) fn read_after(plan: &Plan) -> Vec<usize> {
    let readers = last_readers(plan);
    plan.steps.iter().map(|step| readers[step.output].unwrap_or(0)).collect()
}

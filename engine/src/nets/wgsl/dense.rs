//! Phases of dense steps: each output channel looks at all input channels.
//!
//! An item makes four channels of several cells, so that a weight that is read serves them all; weights are packed by
//! window cell, input channel and group of four.

use super::{
    phase::{cells, put, with_group},
    region::{Span, groups, shape_of},
    windowed::near,
    writer::Writer,
};
use crate::nets::{
    graph::Op,
    plan::{Filter, Plan, Step},
};

/// Cells that an item makes, at most.
pub(super) const CELLS: usize = 4;
/// Invocations that keep a device busy: where a kernel is spread over it, an item makes several cells only if so many are
/// left.
const BUSY: usize = 16 << 10;
/// Cells that an item of a dense step makes, at most, where the device is software: a read is a loop over invocations
/// there, and takes as long as many sums.
const MOST_CELLS: usize = 8;
/// Invocations that keep software busy.
pub(super) const BUSY_SOFTWARE: usize = 256;
/// Groups of input channels that are read before the first is used, at most: reading takes longer than adding up.
const AHEAD: usize = 4;

/// Invocations that add up parts of one item, at most: somebody has to add up the parts.
const MOST_PARTS: usize = 16;

/// Who does a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crew {
    /// So many invocations of a workgroup.
    Group(usize),
    /// All of a device.
    Device,
    /// All of a device that is software.
    Software,
}

/// Cells of `cells` that an item makes where the device is software, of `items` for one cell each.
fn share(items: usize, cells: usize) -> usize {
    let fits = |wanted: &usize| cells.is_multiple_of(*wanted) && items / wanted >= BUSY_SOFTWARE;
    (2..=MOST_CELLS).rev().find(fits).unwrap_or(1)
}

/// How the work of a dense phase is shared. What an invocation reads is the bottleneck, so it makes several cells with
/// the weights that it has read; where few invocations are left then, several add up a part each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Split {
    /// Cells that an item makes.
    pub(super) cells: usize,
    /// Invocations that each add up a part of an item.
    pub(super) parts: usize,
    /// Groups of input channels that are read at a time.
    pub(super) ahead: usize,
}

impl Split {
    /// For `items` groups of output channels of `cells` cells, from `depth` groups of input channels under a window of
    /// `window` cells, by `crew`.
    pub(super) fn of(items: usize, cells: usize, [window, depth]: [usize; 2], crew: Crew) -> Self {
        let threads = match crew {
            Crew::Group(threads) => threads,
            Crew::Device => {
                let fits = |wanted: &usize| cells.is_multiple_of(*wanted) && items / wanted >= BUSY;
                return Self { cells: [CELLS, 2].into_iter().find(fits).unwrap_or(1), parts: 1, ahead: 1 };
            }
            Crew::Software => return Self { cells: share(items, cells), parts: 1, ahead: 1 },
        };
        let ahead = |wanted: usize| depth.min(if wanted > 1 { AHEAD / 2 } else { AHEAD });
        let rounds = |wanted: usize| window * depth.div_ceil(ahead(wanted));
        let busy = |wanted: &usize| {
            cells.is_multiple_of(*wanted) && items / wanted * rounds(*wanted).min(MOST_PARTS) * 2 >= threads
        };
        let cells = [CELLS, 2].into_iter().find(busy).unwrap_or(1);
        let mut parts = 1;
        while items / cells * parts * 2 <= threads && parts * 2 <= rounds(cells).min(MOST_PARTS) {
            parts *= 2;
        }
        Self { cells, parts, ahead: ahead(cells) }
    }

    /// For `region` of the output of a dense step.
    pub(super) fn of_step(plan: &Plan, step: &Step, region: &[Span], crew: Crew) -> Self {
        let from = shape_of(plan, step.inputs[0]);
        let items = groups(region);
        let cells = items / (region[region.len() - 1].len / 4).max(1);
        let [rows, cols] = kernel_of(step);
        if matches!((&step.op, crew), (Op::TransposeConv2d { .. }, Crew::Software)) {
            // Cells find their inputs by division, which SwiftShader takes minutes to compile for many of them.
            return Self { cells: 1, parts: 1, ahead: 1 };
        }
        Self::of(items, cells, [rows * cols, from[from.len() - 1].div_ceil(4)], crew)
    }
}

/// Rows and columns of a dense step's window.
fn kernel_of(step: &Step) -> [usize; 2] {
    match &step.op {
        Op::Conv2d(window) | Op::TransposeConv2d { window, .. } => window.kernel,
        _ => [1; 2],
    }
}

fn is_point(step: &Step) -> bool {
    match &step.op {
        Op::Conv2d(window) => {
            window.kernel == [1; 2] && window.stride == [1; 2] && window.padding.as_flattened() == [0; 4]
        }
        Op::FullyConnected { .. } => true,
        _ => false,
    }
}

/// Convolutions of all kinds, and fully connected steps.
pub(super) fn dense(writer: &mut Writer<'_>, step: &Step, filter: &Filter, index: usize, region: &[Span]) {
    let from = shape_of(writer.plan, step.inputs[0]);
    let depth = from[from.len() - 1].div_ceil(4);
    let channels = filter.bias.len().div_ceil(4);
    let [rows, cols] = kernel_of(step);
    let split = Split::of_step(writer.plan, step, region, writer.crew());
    let padded = depth.next_multiple_of(split.ahead);
    let first = writer.keep(packed(filter, rows * cols, [from[from.len() - 1], padded * 4]));
    let bias = first + rows * cols * padded * 4 * channels;
    let suffixes: Vec<String> = match split.cells {
        1 => vec![String::new()],
        cells => (0..cells).map(|cell| format!("_{cell}")).collect(),
    };
    let items = groups(region) / split.cells;
    let rounds = rows * cols * padded / split.ahead;
    let [begin, end] = match split.parts {
        1 => ["0".to_owned(), rounds.to_string()],
        parts => ["part", "(part + 1)"].map(|part| format!("{part} * {rounds} / {parts}")),
    };
    let mut text = begun(writer, split, [index, bias, items], region, &suffixes);
    // Of a single group, channels that are not there are not multiplied.
    let lanes = writer.known(step.inputs[0]).channels().min(4);
    let weights = Round { ahead: split.ahead, lanes, channels };
    let start = format!("{first} + e * {} + g{}", weights.stride(), suffixes[0]);
    let early = matches!(writer.crew(), Crew::Group(_)) && rounds > split.parts;
    if early {
        text += &format!(
            "        {}\n        {{ let e = {begin}; let w = {start}; {} }}\n",
            weights.vars(),
            weights.read(0)
        );
    }
    text += &format!(
        "        for (var e = {begin}; e < {end}; e++) {{\n            {}\n            let w = {start};\n{}{}        }}\n",
        round(step, &suffixes, &from, split.ahead),
        if early { weights.taken() } else { weights.here() },
        sums(writer, step, &suffixes, &weights)
    );
    if split.parts == 1 {
        for suffix in &suffixes {
            text += &format!("        {}\n", put(writer, step, index, suffix, &format!("x{suffix}")));
        }
        return writer.each(items, &text);
    }
    let all = groups(region);
    for (cell, suffix) in suffixes.iter().enumerate() {
        text +=
            &format!("        parts[u32(part) * {all}u + {}u + i % {items}u] = x{suffix};\n", cell * items);
    }
    writer.add_in_parts(all * split.parts);
    writer.each(items * split.parts, &text);
    writer.wait();
    let text = format!(
        "        {}\n        {}\n        var x = weights4({bias} + g); \
         for (var p = 0u; p < {}u; p++) {{ x += parts[i + p * {all}u]; }}\n        {}\n",
        cells(region, "i", ""),
        writer.ahead(index, ""),
        split.parts,
        put(writer, step, index, "", "x")
    );
    writer.each(all, &text);
}

/// Where the cells of an item are, and what their sums begin with; parts of sums begin with nothing.
fn begun(
    writer: &Writer<'_>,
    split: Split,
    [index, bias, items]: [usize; 3],
    region: &[Span],
    suffixes: &[String],
) -> String {
    let parted = split.parts > 1;
    let item = if parted { format!("(i % {items}u)") } else { "i".into() };
    let mut text = String::new();
    if parted {
        text += &format!("        let part = i32(i / {items}u);\n");
    }
    for (cell, suffix) in suffixes.iter().enumerate() {
        let (start, ahead) = match parted {
            true => ("vec4<f32>()".into(), String::new()),
            false => (format!("weights4({bias} + g{suffix})"), writer.ahead(index, suffix)),
        };
        let places = match cell {
            0 => cells(region, &item, suffix),
            _ => with_group(region, &format!("({item} + {}u)", cell * items), suffix, &suffixes[0]),
        };
        text += &format!("        {places}\n        {ahead}\n        var x{suffix} = {start};\n");
    }
    text
}

/// The weights of a round: four output channels of so many groups of input channels, which have `lanes` each.
struct Round {
    ahead: usize,
    lanes: usize,
    /// Groups of output channels.
    channels: usize,
}

impl Round {
    /// From round to round.
    fn stride(&self) -> usize {
        self.ahead * 4 * self.channels
    }

    /// For each weight, `text` of its name and place.
    fn each(&self, text: impl Fn(String, usize) -> String) -> String {
        let all = (0..self.ahead).flat_map(|near| (0..self.lanes).map(move |lane| (near, lane)));
        all.map(|(near, lane)| text(format!("{near}{lane}"), (near * 4 + lane) * self.channels)).collect()
    }

    /// Declares them, read when they are used.
    fn here(&self) -> String {
        self.each(|name, at| format!("            let w{name} = weights4(w + {at});\n"))
    }

    /// Declares what [`Round::read`] sets.
    fn vars(&self) -> String {
        self.each(|name, _| format!("var next{name}: Weight; "))
    }

    /// Reads those that lie `beyond`.
    fn read(&self, beyond: usize) -> String {
        self.each(|name, at| format!("next{name} = weights[u32(w + {})]; ", beyond + at))
    }

    /// Declares them, read a round before; reads those of the next round. After the last these are whatever lies there.
    fn taken(&self) -> String {
        let taken = self.each(|name, _| format!("            let w{name} = four(next{name});\n"));
        format!("{taken}            {}\n", self.read(self.stride()))
    }
}

/// Declares what round `e` of a dense step looks at: groups of channels from `d` on, under one cell of the window.
fn round(step: &Step, suffixes: &[String], from: &[usize], ahead: usize) -> String {
    let rounds = from[from.len() - 1].div_ceil(4).div_ceil(ahead);
    if is_point(step) {
        return format!("let d = e * {ahead};");
    }
    let [_, cols] = kernel_of(step);
    let mut text = format!(
        "let d = e % {rounds} * {ahead}; let k0 = e / {}; let k1 = e / {rounds} % {cols}; ",
        rounds * cols
    );
    for suffix in suffixes {
        let ((rows, row_in), (cols, col_in)) =
            (near(step, 0, suffix, from[1]), near(step, 1, suffix, from[2]));
        text += &format!("{rows} {cols} let is_in{suffix} = {row_in} && {col_in}; ");
    }
    text
}

/// Reads all that a round needs, then adds it up.
fn sums(writer: &Writer<'_>, step: &Step, suffixes: &[String], weights: &Round) -> String {
    let known = writer.known(step.inputs[0]);
    let (rank, depth) = (known.shape.len(), known.groups());
    let &Round { ahead, lanes, .. } = weights;
    let mut text = String::new();
    for near in 0..ahead {
        for suffix in suffixes {
            // Beyond the last group weights are zero, and any value will do.
            let group = match depth.is_multiple_of(ahead) {
                true => format!("d + {near}"),
                false => format!("min(d + {near}, {})", depth - 1),
            };
            let read = if is_point(step) {
                let cells: Vec<String> = (0..rank - 1).map(|axis| format!("c{axis}{suffix}")).collect();
                writer.fours(step.inputs[0], &cells, &group)
            } else {
                let cells = [format!("c0{suffix}"), format!("near0{suffix}"), format!("near1{suffix}")];
                let read = writer.fours(step.inputs[0], &cells, &group);
                format!("select(vec4<f32>(), {read}, is_in{suffix})")
            };
            text += &format!("            let v{near}{suffix} = {read};\n");
        }
    }
    for near in 0..ahead {
        for suffix in suffixes {
            let v = format!("v{near}{suffix}");
            let products: Vec<String> = (0..lanes)
                .map(|lane| format!("w{near}{lane} * {v}.{}", ["x", "y", "z", "w"][lane]))
                .collect();
            text += &format!("            x{suffix} += {};\n", products.join(" + "));
        }
    }
    text
}

/// Weights of shape [out, cells, `depth`] as [cells, `padded`, groups of four], with zeros for what is not there, then
/// the bias.
fn packed(filter: &Filter, cells: usize, [depth, padded]: [usize; 2]) -> Vec<f32> {
    let groups = filter.bias.len().div_ceil(4);
    let mut packed = vec![0.0; (cells * padded + 1) * groups * 4];
    let (weights, bias) = packed.split_at_mut(cells * padded * groups * 4);
    for (at, fours) in weights.chunks_exact_mut(groups * 4).enumerate() {
        let (cell, channel) = (at / padded, at % padded);
        for (out, weight) in fours.iter_mut().enumerate().take(filter.bias.len()).filter(|_| channel < depth)
        {
            *weight = filter.weights[(out * cells + cell) * depth + channel];
        }
    }
    bias[..filter.bias.len()].copy_from_slice(&filter.bias);
    packed
}

//! What the phases of a kernel are written into, and the shader that comes of it.

use super::{
    dense::Crew,
    kernel::{FLAT, ROW},
    place::{Known, Place},
    region::Span,
    text,
};
use crate::nets::plan::{Activation, Plan, Step, ValueId};

/// What the phases of a kernel are written into.
pub(super) struct Writer<'a> {
    pub(super) plan: &'a Plan,
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
}

impl Writer<'_> {
    /// For the values that are `known`, the last of which is written.
    pub(super) fn new<'a>(plan: &'a Plan, known: Vec<Known>, crew: Crew) -> Writer<'a> {
        Writer {
            plan,
            crew,
            known,
            functions: String::new(),
            main: String::new(),
            weights: Vec::new(),
            ahead: Vec::new(),
            parts: 0,
        }
    }

    /// A whole number of vectors of four.
    pub(super) fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Invocations that share a tile; `None` where the kernel is spread over the device.
    pub(super) fn threads(&self) -> Option<usize> {
        match self.crew {
            Crew::Group(threads) => Some(threads),
            Crew::Device | Crew::Software => None,
        }
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
        let head = match self.threads() {
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
    pub(super) fn put(&mut self, step: &Step, name: usize, region: &[Span], ragged: bool) {
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
        text += &store(&to);
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
fn store(to: &Known) -> String {
    let (index, array) = (to.index(), to.array());
    if to.element() == "f32" {
        let lane = |lane: usize| match to.channels() / 4 * 4 + lane < to.channels() {
            true => format!("    {array}[u32(at + {lane})] = x[{lane}];\n"),
            // Where there is no full group, the lane has no value in any.
            false if to.channels() < 4 => String::new(),
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
    text + &format!("    {array}[u32({index})] = x;\n")
}

impl Writer<'_> {
    /// All of the shader. Its weights are `half` as wide as numbers are.
    pub(super) fn text(&self, tiles: &[usize], between: usize, half: bool) -> String {
        let mut text = String::new();
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
            let (element, four) = match half {
                true => ("vec2<u32>", "vec4<f32>(unpack2x16float(read.x), unpack2x16float(read.y))"),
                false => ("vec4<f32>", "read"),
            };
            text += &format!(
                "@group(0) @binding({binding}) var<storage, read> weights: array<{element}>;\n\
                 alias Weight = {element};\n\
                 fn four(read: Weight) -> vec4<f32> {{ return {four}; }}\n\
                 fn weights4(at: i32) -> vec4<f32> {{ return four(weights[u32(at)]); }}\n"
            );
        }
        if between > 0 {
            text += &format!("var<workgroup> between: array<vec4<f32>, {between}>;\n");
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
        let (size, start) = if self.threads().is_none() {
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
            (self.threads().unwrap_or(FLAT), start)
        };
        format!(
            "\n@compute @workgroup_size({size})\nfn main(@builtin(workgroup_id) group: vec3<u32>, \
             @builtin(local_invocation_index) local: u32) {{\n    face = i32(group.z);\n{start}{}}}\n",
            self.main
        )
    }
}

//! Memory that variables take, and how much there is to compile. naga lets any amount pass; drivers then take gigabytes
//! and minutes, or crash.

use naga::{
    AddressSpace, ArraySize, Expression, Function, Handle, Module, ShaderStage, Type, TypeInner,
    valid::ModuleInfo,
};

use super::{calls, error::Complaint, merged::Merged};

/// Bytes of all variables of a function, or of the module, of one invocation; and of those that a workgroup shares. The
/// last is what every device has.
const PRIVATE: u64 = 16 << 10;
const SHARED: u64 = 16 << 10;
/// Bytes of one value: tables of constants are larger than what is written.
const VALUE: u64 = 64 << 10;
/// Expressions of an entry point with all that it calls, as often as it does: drivers copy functions to where they are called.
const WORK: u64 = 200_000;

/// The first thing that takes more than devices have, or that its stage doesn't have at all.
pub(super) fn too_much(merged: &Merged, module: &Module, info: &ModuleInfo) -> Option<Complaint> {
    let bytes = bytes(module);
    let room = Room { merged, module, bytes };
    room.globals().or_else(|| room.shared(info)).or_else(|| room.work()).or_else(|| {
        let functions = module.functions.iter().map(|(_, function)| function);
        let entries = module.entry_points.iter().map(|entry| &entry.function);
        functions.chain(entries).find_map(|function| room.function(function))
    })
}

/// The bytes of each type, in the order of the module: a type comes after those that it is made of.
fn bytes(module: &Module) -> Vec<u64> {
    let mut all: Vec<u64> = Vec::with_capacity(module.types.len());
    for (_, Type { inner, .. }) in module.types.iter() {
        let of = |ty: Handle<Type>| all.get(ty.index()).copied().unwrap_or(0);
        all.push(match inner {
            TypeInner::Array { base, size: ArraySize::Constant(count), .. } => {
                of(*base).saturating_mul(u64::from(count.get()))
            }
            TypeInner::Struct { members, .. } => {
                members.iter().fold(0, |sum, member| sum.saturating_add(of(member.ty)))
            }
            // Vectors and matrices have as many rows as are aligned.
            TypeInner::Scalar(scalar) | TypeInner::Atomic(scalar) => u64::from(scalar.width),
            TypeInner::Vector { size, scalar } => *size as u64 * u64::from(scalar.width),
            TypeInner::Matrix { columns, rows, scalar } => {
                *columns as u64 * *rows as u64 * u64::from(scalar.width)
            }
            _ => 0,
        });
    }
    all
}

struct Room<'a> {
    merged: &'a Merged,
    module: &'a Module,
    /// Of each type.
    bytes: Vec<u64>,
}

impl Room<'_> {
    fn of(&self, ty: Handle<Type>) -> u64 {
        self.bytes.get(ty.index()).copied().unwrap_or(0)
    }

    fn globals(&self) -> Option<Complaint> {
        for (space, most) in [(AddressSpace::Private, PRIVATE), (AddressSpace::WorkGroup, SHARED)] {
            let mut sum = 0u64;
            for (handle, global) in
                self.module.global_variables.iter().filter(|(_, global)| global.space == space)
            {
                sum = sum.saturating_add(self.of(global.ty));
                if sum > most {
                    let at = self.module.global_variables.get_span(handle).to_range();
                    return Some(too_large(
                        at.map_or(0, |range| range.start),
                        "with this variable the shader's",
                        sum,
                        most,
                    ));
                }
            }
        }
        None
    }

    /// Workgroups are there in compute stages alone.
    fn shared(&self, info: &ModuleInfo) -> Option<Complaint> {
        let drawing = self
            .module
            .entry_points
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.stage != ShaderStage::Compute);
        for (number, _) in drawing {
            let used = info.get_entry_point(number);
            let mut globals = self.module.global_variables.iter();
            let found = globals.find(|(handle, global)| {
                global.space == AddressSpace::WorkGroup && !used[*handle].is_empty()
            });
            if let Some((handle, global)) = found {
                let name = self.merged.authors_name(global.name.as_deref().unwrap_or_default());
                let at = self.module.global_variables.get_span(handle).to_range();
                let message =
                    format!("`{name}` belongs to a workgroup, and only compute passes have workgroups");
                let complaint = Complaint::new(at.map_or(0, |range| range.start), message);
                return Some(complaint.hinting("`var<private>` is of one invocation alone"));
            }
        }
        None
    }

    /// Functions come after those that they call.
    fn work(&self) -> Option<Complaint> {
        let mut all: Vec<u64> = Vec::with_capacity(self.module.functions.len());
        for (handle, function) in self.module.functions.iter() {
            let mut work = function.expressions.len() as u64;
            calls::any(&function.body, &mut |statement| {
                if let naga::Statement::Call { function, .. } = statement {
                    work = work.saturating_add(all.get(function.index()).copied().unwrap_or(0));
                }
                false
            });
            if work > WORK {
                let at = self.module.functions.get_span(handle).to_range();
                let message =
                    "with all that it calls, as often as it does, this function is too long to be compiled";
                return Some(
                    Complaint::new(at.map_or(0, |range| range.start), message)
                        .hinting("call what it calls in a loop, or less often"),
                );
            }
            all.push(work);
        }
        None
    }

    fn function(&self, function: &Function) -> Option<Complaint> {
        let mut sum = 0u64;
        for (handle, local) in function.local_variables.iter() {
            sum = sum.saturating_add(self.of(local.ty));
            if sum > PRIVATE {
                let at = function.local_variables.get_span(handle).to_range();
                return Some(too_large(
                    at.map_or(0, |range| range.start),
                    "with this variable the function's",
                    sum,
                    PRIVATE,
                ));
            }
        }
        function.expressions.iter().find_map(|(handle, expression)| {
            let (Expression::ZeroValue(ty) | Expression::Compose { ty, .. }) = expression else {
                return None;
            };
            let at = function.expressions.get_span(handle).to_range();
            let bytes = self.of(*ty);
            (bytes > VALUE)
                .then(|| too_large(at.map_or(0, |range| range.start), "this value's", bytes, VALUE))
        })
    }
}

fn too_large(at: usize, whose: &str, bytes: u64, most: u64) -> Complaint {
    let (bytes, most) = (bytes.div_ceil(1024), most / 1024);
    Complaint::new(at, format!("{whose} memory is {bytes} KB, more than the {most} KB that every device has"))
        .hinting("keep large tables in an `image` of filter.toml, or in a target")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        let module = naga::front::wgsl::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut validator = naga::valid::Validator::new(
            naga::valid::ValidationFlags::all(),
            naga::valid::Capabilities::default(),
        );
        let info = validator.validate(&module).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        too_much(&Merged::default(), &module, &info)
            .map(|complaint| format!("{} {}", complaint.at, complaint.message))
    }

    #[test]
    fn what_no_device_has_is_refused() {
        for (text, said) in [
            (
                "fn f() { var big: array<vec4f, 1025>; }",
                "9 with this variable the function's memory is 17 KB",
            ),
            ("fn f() { var a: array<f32, 4000>; var b: array<f32, 4000>; }", "34 with"),
            ("var<private> big: array<mat4x4f, 257>;", "0 with this variable the shader's"),
            ("var<workgroup> big: array<vec4f, 1025>;", "0 with this variable the shader's"),
            ("struct S { a: array<array<f32, 1000>, 1000> } var<private> s: S;", "46 with"),
            ("fn f(i: u32) -> f32 { let t = array<f32, 20000>(); return t[i]; }", "30 this value's"),
            (
                "var<workgroup> w: f32; @fragment fn main() -> @location(0) vec4f { return vec4f(w); }",
                "0 `w` belongs to a workgroup",
            ),
        ] {
            assert!(found(text).is_some_and(|found| found.starts_with(said)), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn what_doubles_at_every_call_is_refused() {
        let doubling = |count: usize| {
            let next = |n: usize| format!("fn g{}() -> f32 {{ return g{n}() + g{n}(); }}\n", n + 1);
            "fn g0() -> f32 { return 1.0; }\n".to_owned() + &(0..count).map(next).collect::<String>()
        };
        assert!(found(&doubling(30)).is_some_and(|found| found.contains("too long to be compiled")));
        assert_eq!(found(&doubling(8)), None);
    }

    #[test]
    fn what_filters_need_is_not() {
        for text in [
            "fn f() { var some: array<vec4f, 1024>; }",
            "@group(0) @binding(0) var<storage> faces: array<vec4f, 100000>;",
            "const T = array<f32, 9000>(); fn f(i: u32) -> f32 { return T[i]; }",
            "var<workgroup> w: array<f32, 4096>; @compute @workgroup_size(8) fn main() { w[0] = 1.0; }",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

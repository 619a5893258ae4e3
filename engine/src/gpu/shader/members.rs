//! Which members of a structure a stage looks at.

use naga::{
    Expression, Function, Handle, Module, Statement, Type, TypeInner,
    valid::{FunctionInfo, ModuleInfo},
};

use super::calls;

/// Whether a function, or one that it reaches, looks at the member `member` of the structure that the merged text calls
/// `structure`.
pub(super) fn reads(
    module: &Module,
    info: &ModuleInfo,
    (function, own): (&Function, &FunctionInfo),
    wanted: (&str, &str),
) -> bool {
    let looks = |function, info| function_reads(module, function, info, wanted);
    looks(function, own)
        || calls::handles(module, &function.body)
            .into_iter()
            .any(|handle| looks(&module.functions[handle], &info[handle]))
}

fn function_reads(module: &Module, function: &Function, info: &FunctionInfo, wanted: (&str, &str)) -> bool {
    function.expressions.iter().any(|(handle, expression)| {
        let Expression::AccessIndex { base, index } = expression else { return false };
        let of = info[*base].ty.handle().map(|ty| &module.types[ty]);
        let of = match (of.map(|ty| &ty.inner), info[*base].ty.inner_with(&module.types)) {
            (Some(TypeInner::Struct { .. }), _) => of,
            (_, TypeInner::Pointer { base, .. }) => {
                Some(&module.types[*base]).filter(|_| is_loaded(function, handle))
            }
            _ => None,
        };
        of.is_some_and(|ty| is_member(ty, *index, wanted))
    })
}

/// Whether what a pointer points at is loaded, or a part of it. No function is given a pointer to a part.
fn is_loaded(function: &Function, place: Handle<Expression>) -> bool {
    // By all of a workgroup at once, which is no expression.
    let mut together = |statement: &Statement| match statement {
        Statement::WorkGroupUniformLoad { pointer, .. } => *pointer == place,
        _ => false,
    };
    let mut expressions = function.expressions.iter();
    calls::any(&function.body, &mut together)
        || expressions.any(|(handle, expression)| match expression {
            Expression::Load { pointer } => *pointer == place,
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => {
                *base == place && is_loaded(function, handle)
            }
            _ => false,
        })
}

fn is_member(ty: &Type, index: u32, (structure, member): (&str, &str)) -> bool {
    let TypeInner::Struct { members, .. } = &ty.inner else { return false };
    let name = members.get(index as usize).and_then(|member| member.name.as_deref());
    // Names that meet others have underscores after them.
    let same = |name: Option<&str>, wanted| name.is_some_and(|name| name.trim_end_matches('_') == wanted);
    same(ty.name.as_deref(), structure) && same(name, member)
}

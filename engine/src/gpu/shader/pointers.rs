//! Pointers to parts of variables, given to functions: not every WGSL has them, and naga can't translate them.

use naga::{Expression, Function, Module, Statement, TypeInner};

use super::{calls, error::Complaint};

/// The first call that is given a pointer to a part.
pub(super) fn to_parts(module: &Module) -> Option<Complaint> {
    let functions = module.functions.iter().map(|(_, function)| function);
    let entries = module.entry_points.iter().map(|entry| &entry.function);
    functions.chain(entries).find_map(|function| given_part(module, function))
}

fn given_part(module: &Module, function: &Function) -> Option<Complaint> {
    let mut found = None;
    calls::any(&function.body, &mut |statement| {
        let Statement::Call { function: callee, arguments, .. } = statement else { return false };
        let wanted = &module.functions[*callee].arguments;
        let is_pointer =
            |ty| matches!(module.types[ty].inner, TypeInner::Pointer { .. } | TypeInner::ValuePointer { .. });
        let is_part = |given| {
            matches!(function.expressions[given], Expression::Access { .. } | Expression::AccessIndex { .. })
        };
        let mut pairs = arguments.iter().zip(wanted);
        found = pairs.find(|(given, wanted)| is_pointer(wanted.ty) && is_part(**given)).map(|pair| *pair.0);
        found.is_some()
    });
    let at = function.expressions.get_span(found?).to_range().map_or(0, |range| range.start);
    Some(Complaint {
        hint: Some("copy the part into a variable of its own, and point to that".to_owned()),
        ..Complaint::new(at, "a function can't be given a pointer to a part of a variable")
    })
}

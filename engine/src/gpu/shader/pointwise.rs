//! Whether an entry point sees of the picture only the pixel that it draws. Then it can go on with what another one has
//! drawn there, and no texture need lie between them.

use naga::{Expression, Function, Handle, Module, Statement};

use super::calls;

/// The only function that such an entry point may read the picture with, and the global that it reads.
const READER: &str = "antifaz_frame_picture_at";
const PICTURE: &str = "antifaz_frame_picture";
/// The place that is drawn, in the argument of a fragment stage over the whole frame.
const PLACE: &str = "uv";

/// Whether the entry point of this number reads nothing of the picture but [`READER`] at its own place, and draws every
/// pixel.
pub(super) fn is_pointwise(module: &Module, entry: usize) -> bool {
    let main = &module.entry_points[entry].function;
    let mut handles = calls::handles(module, &main.body).into_iter();
    handles.all(|handle| {
        let function = &module.functions[handle];
        let reader = is_named(function.name.as_deref(), READER);
        (reader || !reads_picture(module, function)) && !calls_reader(module, function)
    }) && !reads_picture(module, main)
        && !calls::discards(module, &main.body)
        && reads_its_own_place(module, main)
}

/// Names that meet others have underscores after them.
fn is_named(name: Option<&str>, wanted: &str) -> bool {
    name.is_some_and(|name| name.trim_end_matches('_') == wanted)
}

fn reads_picture(module: &Module, function: &Function) -> bool {
    function.expressions.iter().any(|(_, expression)| match expression {
        Expression::GlobalVariable(global) => {
            is_named(module.global_variables[*global].name.as_deref(), PICTURE)
        }
        _ => false,
    })
}

fn is_reader(module: &Module, function: Handle<Function>) -> bool {
    is_named(module.functions[function].name.as_deref(), READER)
}

fn calls_reader(module: &Module, function: &Function) -> bool {
    calls::any(
        &function.body,
        &mut |statement| matches!(statement, Statement::Call { function, .. } if is_reader(module, *function)),
    )
}

/// Whether every call of the reader in `main` is given the place that is drawn.
fn reads_its_own_place(module: &Module, main: &Function) -> bool {
    let place = main.arguments.first().and_then(|argument| match &module.types[argument.ty].inner {
        naga::TypeInner::Struct { members, .. } => {
            members.iter().position(|member| member.name.as_deref() == Some(PLACE))
        }
        _ => None,
    });
    let elsewhere = |arguments: &[Handle<Expression>]| match arguments {
        [at] => match main.expressions[*at] {
            Expression::AccessIndex { base, index } => {
                let whole = matches!(main.expressions[base], Expression::FunctionArgument(0));
                !whole || place != Some(index as usize)
            }
            _ => true,
        },
        _ => true,
    };
    !calls::any(&main.body, &mut |statement| {
        matches!(statement, Statement::Call { function, arguments, .. }
            if is_reader(module, *function) && elsewhere(arguments))
    })
}

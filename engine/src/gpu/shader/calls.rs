//! Which functions a function calls, directly or by way of others.

use std::collections::HashSet;

use naga::{
    Block, Function, Handle, Module, Span, Statement,
    compact::{KeepUnused, compact},
};

/// All functions that what is done in a body reaches.
pub(super) fn handles(module: &Module, body: &Block) -> HashSet<Handle<Function>> {
    let mut found = HashSet::new();
    let mut open = Vec::new();
    callees(body, &mut open);
    while let Some(function) = open.pop() {
        if found.insert(function) {
            callees(&module.functions[function].body, &mut open);
        }
    }
    found
}

/// A module of some of its entry points alone, and what they reach, wherever in the text it stood.
pub(super) fn alone(module: &Module, entries: &[usize]) -> Module {
    let mut alone = module.clone();
    let mut number = 0..;
    alone.entry_points.retain(|_| number.next().is_some_and(|number| entries.contains(&number)));
    compact(&mut alone, KeepUnused::No);
    let functions = alone.functions.iter_mut().map(|(_, function)| function);
    let entries = alone.entry_points.iter_mut().map(|entry| &mut entry.function);
    functions.chain(entries).for_each(|function| forget_places(&mut function.body));
    alone
}

fn forget_places(block: &mut Block) {
    for (statement, span) in block.span_iter_mut() {
        span.into_iter().for_each(|span| *span = Span::default());
        match statement {
            Statement::Block(inner) => forget_places(inner),
            Statement::If { accept, reject, .. } => [accept, reject].into_iter().for_each(forget_places),
            Statement::Loop { body, continuing, .. } => {
                [body, continuing].into_iter().for_each(forget_places);
            }
            Statement::Switch { cases, .. } => {
                cases.iter_mut().for_each(|case| forget_places(&mut case.body));
            }
            _ => {}
        }
    }
}

/// Whether a body, or a function that it reaches, may leave its pixel out.
pub(super) fn discards(module: &Module, body: &Block) -> bool {
    let kills = |body| any(body, &mut |statement| matches!(statement, Statement::Kill));
    kills(body) || handles(module, body).into_iter().any(|function| kills(&module.functions[function].body))
}

/// Appends what is called in a block.
fn callees(block: &Block, found: &mut Vec<Handle<Function>>) {
    any(block, &mut |statement| {
        if let Statement::Call { function, .. } = statement {
            found.push(*function);
        }
        false
    });
}

/// Whether `holds` for a statement of a block, or of the blocks in it.
pub(super) fn any(block: &Block, holds: &mut impl FnMut(&Statement) -> bool) -> bool {
    block.iter().any(|statement| {
        holds(statement)
            || match statement {
                Statement::Block(block) => any(block, holds),
                Statement::If { accept, reject, .. } => any(accept, holds) || any(reject, holds),
                Statement::Switch { cases, .. } => cases.iter().any(|case| any(&case.body, holds)),
                Statement::Loop { body, continuing, .. } => any(body, holds) || any(continuing, holds),
                _ => false,
            }
    })
}

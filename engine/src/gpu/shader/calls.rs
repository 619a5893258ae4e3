//! Which functions a function calls, directly or by way of others.

use std::collections::HashSet;

use naga::{Block, Function, Handle, Module, Statement};

/// The names of all functions that what is done in a body reaches, as they are in the merged text.
pub(super) fn reached<'m>(module: &'m Module, body: &Block) -> HashSet<&'m str> {
    let mut found = HashSet::new();
    let mut open = Vec::new();
    callees(body, &mut open);
    while let Some(function) = open.pop() {
        if found.insert(function) {
            callees(&module.functions[function].body, &mut open);
        }
    }
    found.into_iter().filter_map(|function| module.functions[function].name.as_deref()).collect()
}

/// Appends what is called in a block.
fn callees(block: &Block, found: &mut Vec<Handle<Function>>) {
    for statement in block {
        match statement {
            Statement::Call { function, .. } => found.push(*function),
            Statement::Block(block) => callees(block, found),
            Statement::If { accept, reject, .. } => {
                callees(accept, found);
                callees(reject, found);
            }
            Statement::Switch { cases, .. } => cases.iter().for_each(|case| callees(&case.body, found)),
            Statement::Loop { body, continuing, .. } => {
                callees(body, found);
                callees(continuing, found);
            }
            _ => {}
        }
    }
}

//! naga's messages without its numbers: values as their author wrote them, types as WGSL writes them.

use naga::{
    Expression, Function, Handle, Module, TypeInner,
    common::wgsl::TypeContext,
    front::Typifier,
    proc::{ResolveContext, TypeResolution},
    valid::{CallError, EntryPointError, ExpressionError, FunctionError, ValidationError},
};

use super::merged::Merged;

/// Longest value that is quoted; longer ones are called "this value".
const MAX_QUOTE: usize = 48;

/// What `error` says, where it can be said better than naga does.
pub(super) fn in_wgsl(merged: &Merged, module: &Module, error: &ValidationError) -> Option<String> {
    if let ValidationError::EntryPoint { name, source: EntryPointError::BindingCollision(handle), .. } = error
    {
        return Some(collision(module, name, *handle));
    }
    if let ValidationError::EntryPoint { source: EntryPointError::InvalidGlobalUsage(handle, _), .. } = error
    {
        let name = module.global_variables.try_get(*handle).ok().and_then(|global| global.name.as_deref());
        let name = merged.authors_name(name.unwrap_or_default());
        return Some(format!(
            "`{name}` is read here and can only be written, or written and can only be read"
        ));
    }
    let (function, cause) = within(module, error)?;
    let voice = Voice { merged, module, function };
    Some(match cause {
        FunctionError::Expression { source, .. } => voice.expression(source)?,
        FunctionError::InvalidCall { function, error } => voice.call(*function, error)?,
        FunctionError::InvalidReturnType { expression, expected_ty } => {
            let wanted = expected_ty.map_or("nothing".to_owned(), |ty| voice.ty(ty));
            let given = expression.map_or("nothing".to_owned(), |value| voice.value(value));
            format!("the function returns {wanted}, but {given} is returned here")
        }
        FunctionError::InvalidStoreTypes { pointer, value } => {
            format!("{} can't be stored in {}", voice.value(*value), voice.value(*pointer))
        }
        FunctionError::InvalidStorePointer(pointer) => format!(
            "{} can only be read here; particles are written by the pass that moves them, in a file that no other pass \
             imports",
            voice.value(*pointer)
        ),
        FunctionError::InvalidIfType(value) => {
            format!("{} is no condition: `bool` is needed", voice.value(*value))
        }
        FunctionError::InvalidSwitchType(value) => {
            format!("{} is no integer to switch on", voice.value(*value))
        }
        other => voice.numbers(&deepest(other)),
    })
}

/// What naga says of its own parts, said of the text.
const PLAIN: &[(&str, &str)] = &[
    (
        "Abstract types may only appear in constant expressions",
        "a number with a point and an integer can't be put together: convert one, as `f32(count)` does",
    ),
    ("`{AbstractFloat}`", "a number with a point"),
    ("`{AbstractInt}`", "a whole number"),
    ("{AbstractFloat}", "a number with a point"),
    ("{AbstractInt}", "a whole number"),
    ("do not meet the required TypeFlags(", "a value of this type can't stand here"),
    (
        "Binding decoration is missing or not applicable",
        "this resource has no place: import what filter.toml declares",
    ),
    (
        "is not available at this stage",
        "this entry point takes or gives what its stage doesn't have; is it marked with the right one of `@fragment`, \
         `@vertex` and `@compute`?",
    ),
    ("Expected data type", "a texture or a sampler can't be part of a structure or an array"),
    ("component type is not expected", "a value is of another type than the one that is made of it"),
    (
        "Entry point arguments and return values must all have bindings",
        "each argument and result of an entry point needs `@location` or `@builtin`, or comes in a struct that has them",
    ),
];

/// A message without naga's own words.
pub(super) fn plainly(message: String) -> String {
    match PLAIN.iter().find(|(theirs, _)| message.contains(theirs)) {
        Some((theirs, ours)) if theirs.contains("{Abstract") => plainly(message.replace(theirs, ours)),
        Some((_, ours)) => (*ours).to_owned(),
        None => message,
    }
}

/// Two resources of one entry point in one place.
fn collision(module: &Module, entry: &str, second: Handle<naga::GlobalVariable>) -> String {
    let name = |handle: Handle<naga::GlobalVariable>| {
        module
            .global_variables
            .try_get(handle)
            .ok()
            .and_then(|global| global.name.clone())
            .unwrap_or_default()
    };
    let place = module.global_variables.try_get(second).ok().and_then(|global| global.binding);
    let first =
        module.global_variables.iter().find(|(handle, global)| *handle != second && global.binding == place);
    let first =
        first.map_or_else(|| "another resource".to_owned(), |(handle, _)| format!("`{}`", name(handle)));
    format!("`{}` has the place of {first}, and `{entry}` uses both", name(second))
}

/// Where to show an error that naga gives no place.
pub(super) fn place(merged: &Merged, module: &Module, error: &ValidationError) -> usize {
    let name = match error {
        ValidationError::EntryPoint { name, .. } | ValidationError::Function { name, .. } => name.as_str(),
        ValidationError::GlobalVariable { handle, .. } => {
            return module.global_variables.get_span(*handle).to_range().map_or(0, |range| range.start);
        }
        _ => return 0,
    };
    merged.text.find(&format!("fn {name}")).map_or(0, |at| at + 3)
}

/// Whether an error is about how an entry point is declared.
pub(super) fn is_of_entry(error: &ValidationError) -> bool {
    match error {
        ValidationError::EntryPoint { source, .. } => !matches!(source, EntryPointError::Function(_)),
        _ => false,
    }
}

/// The function that an error is in, and the error itself.
fn within<'a>(module: &'a Module, error: &'a ValidationError) -> Option<(&'a Function, &'a FunctionError)> {
    match error {
        ValidationError::Function { handle, source, .. } => {
            Some((module.functions.try_get(*handle).ok()?, source))
        }
        ValidationError::EntryPoint { name, stage, source: EntryPointError::Function(source) } => {
            let entry =
                module.entry_points.iter().find(|entry| entry.name == *name && entry.stage == *stage)?;
            Some((&entry.function, source))
        }
        _ => None,
    }
}

fn deepest(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), deepest)
}

struct Voice<'a> {
    merged: &'a Merged,
    module: &'a Module,
    function: &'a Function,
}

impl Voice<'_> {
    fn expression(&self, error: &ExpressionError) -> Option<String> {
        Some(match error {
            ExpressionError::InvalidBinaryOperandTypes { op, lhs_expr, rhs_expr, .. } => format!(
                "`{}` can't work with {} and {}",
                operator(*op),
                self.value(*lhs_expr),
                self.value(*rhs_expr)
            ),
            ExpressionError::InvalidUnaryOperandType(op, value) => {
                let sign = match op {
                    naga::UnaryOperator::Negate => "-",
                    naga::UnaryOperator::LogicalNot => "!",
                    naga::UnaryOperator::BitwiseNot => "~",
                };
                format!("`{sign}` can't work with {}", self.value(*value))
            }
            ExpressionError::SelectValuesTypeMismatch { accept, reject } => {
                format!("`select` chooses between {} and {}", self.inner(reject), self.inner(accept))
            }
            ExpressionError::SelectConditionNotABool { actual } => {
                format!("`select` needs a `bool` to choose by, not {}", self.inner(actual))
            }
            ExpressionError::InvalidArgumentType(what, index, value) => {
                let name = format!("{what:?}");
                let name = name[..1].to_lowercase() + &name[1..];
                format!("`{name}` can't take {} as its argument {}", self.value(*value), index + 1)
            }
            ExpressionError::IndexOutOfBounds(base, index) => {
                format!("index {index} is outside of {}", self.value(*base))
            }
            other => self.numbers(&deepest(other)),
        })
    }

    fn call(&self, callee: Handle<Function>, error: &CallError) -> Option<String> {
        let name = self.module.functions.try_get(callee).ok()?.name.clone().unwrap_or_default();
        Some(match error {
            CallError::ArgumentCount { required, seen } => {
                format!("`{name}` takes {required} arguments, but {seen} are given")
            }
            CallError::ArgumentType { index, required, seen_expression } => format!(
                "`{name}` takes {} as its argument {}, but {} is given",
                self.ty(*required),
                index + 1,
                self.value(*seen_expression)
            ),
            other => self.numbers(&deepest(other)),
        })
    }

    /// `` `nose` (`vec3<f32>`) ``
    fn value(&self, handle: Handle<Expression>) -> String {
        let text = self.function.expressions.try_get(handle).ok().and_then(|_| {
            let range = self.function.expressions.get_span(handle).to_range()?;
            self.merged.text.get(range)
        });
        let quote = match text {
            Some(text) if text.len() <= MAX_QUOTE && !text.contains('\n') => format!("`{text}`"),
            _ => "this value".to_owned(),
        };
        match self.type_of(handle) {
            Some(ty) => format!("{quote} ({ty})"),
            None => quote,
        }
    }

    fn ty(&self, handle: Handle<naga::Type>) -> String {
        format!("`{}`", self.module.to_ctx().type_to_string(handle))
    }

    fn inner(&self, inner: &TypeInner) -> String {
        let resolution = TypeResolution::Value(inner.clone());
        format!("`{}`", self.module.to_ctx().type_resolution_to_string(&resolution))
    }

    fn type_of(&self, handle: Handle<Expression>) -> Option<String> {
        let context = ResolveContext::with_locals(
            self.module,
            &self.function.local_variables,
            &self.function.arguments,
        );
        let mut types = Typifier::new();
        types.grow(handle, &self.function.expressions, &context).ok()?;
        // Of what a pointer leads to: authors think of the variable, not of the reference to it.
        Some(match types.get(handle, &self.module.types) {
            TypeInner::Pointer { base, .. } => self.ty(*base),
            TypeInner::ValuePointer { size: Some(size), scalar, .. } => {
                self.inner(&TypeInner::Vector { size: *size, scalar: *scalar })
            }
            TypeInner::ValuePointer { size: None, scalar, .. } => self.inner(&TypeInner::Scalar(*scalar)),
            inner => self.inner(inner),
        })
    }

    /// naga's words, with `[4]` replaced by the value of that number.
    fn numbers(&self, message: &str) -> String {
        let mut out = String::new();
        let mut rest = message;
        while let Some((before, after)) = rest.split_once('[') {
            out.push_str(before);
            match after.split_once(']') {
                Some((number, later)) if number.bytes().all(|b| b.is_ascii_digit()) => {
                    let index = number.parse().unwrap_or(usize::MAX);
                    let handle = self.function.expressions.iter().nth(index).map(|(handle, _)| handle);
                    out.push_str(&handle.map_or_else(String::new, |handle| self.value(handle)));
                    rest = later;
                }
                _ => {
                    out.push('[');
                    rest = after;
                }
            }
        }
        out + rest
    }
}

fn operator(op: naga::BinaryOperator) -> &'static str {
    use naga::BinaryOperator as Op;
    match op {
        Op::Add => "+",
        Op::Subtract => "-",
        Op::Multiply => "*",
        Op::Divide => "/",
        Op::Modulo => "%",
        Op::Equal => "==",
        Op::NotEqual => "!=",
        Op::Less => "<",
        Op::LessEqual => "<=",
        Op::Greater => ">",
        Op::GreaterEqual => ">=",
        Op::And => "&",
        Op::ExclusiveOr => "^",
        Op::InclusiveOr => "|",
        Op::LogicalAnd => "&&",
        Op::LogicalOr => "||",
        Op::ShiftLeft => "<<",
        Op::ShiftRight => ">>",
    }
}

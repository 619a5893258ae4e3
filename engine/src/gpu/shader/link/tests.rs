use super::*;

fn linked(files: &[(&str, &str)]) -> Result<String, ShaderError> {
    let mut library = Library::new();
    for (path, text) in files {
        library.insert(path, &format!("{path}.wgsl"), text);
    }
    let merged = link(&library, files[0].0, &[], None)?;
    Ok(merged.text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn names_are_merged_wherever_they_mean_an_item() {
    let text = linked(&[
        ("p::main", "import p::a::{f}; @fragment fn f0() { let x = f(1).f + p::a::g(); }"),
        ("p::a", "struct S { f: f32 } fn f(f: f32) -> S { return S(f); } fn g() -> f32 { return 1.f; }"),
    ]);
    assert_eq!(
        text.unwrap(),
        "@fragment fn f0() { let x = p_a_f(1).f + p_a_g(); } struct p_a_S { f: f32 } \
         fn p_a_f(p_a_f: f32) -> p_a_S { return p_a_S(p_a_f); } fn p_a_g() -> f32 { return 1.f; }"
    );
}

#[test]
fn an_author_may_redefine_a_builtin_without_harm_to_others() {
    let text = linked(&[
        ("p::main", "import p::a::{f}; fn mix() {} @fragment fn main() { mix(); f(); }"),
        ("p::a", "fn f() { mix(1.0, 2.0, 0.5); }"),
    ]);
    assert!(text.unwrap().contains("mix(1.0, 2.0, 0.5)"));
}

#[test]
fn merged_names_meet_no_other_name() {
    let text = linked(&[
        (
            "p::main",
            "import p::a_b::{c}; import p_a::b_c; @compute fn main() { let p_a_b_c = 1; c(); b_c(); }",
        ),
        ("p::a_b", "fn c() {}"),
        ("p_a", "fn b_c() {}"),
    ]);
    let text = text.unwrap();
    assert!(text.contains("let p_a_b_c = 1; p_a_b_c_(); p_a_b_c__();"), "{text}");
}

#[test]
fn directives_come_first_and_once() {
    let text = linked(&[
        ("p::main", "import p::a::f; enable f16; @compute fn main() { f(); }"),
        ("p::a", "enable f16; enable subgroups; fn f() {}"),
    ]);
    assert!(text.unwrap().starts_with("enable f16; enable subgroups; @compute"));
}

#[test]
fn set_names_stay() {
    let body = "@group(0) @binding(0) var<storage, read> b: array<f32>; fn read() {} fn write() {} \
                @group(0) @binding(1) var t: texture_storage_2d<rgba8unorm, write>; fn flat() {} \
                fn v(@location(0) @interpolate(flat, either) x: u32) {}";
    let text = linked(&[("p::main", body)]).unwrap();
    for kept in ["var<storage, read>", "<rgba8unorm, write>", "@interpolate(flat, either)"] {
        assert!(text.contains(kept), "{text}");
    }
}

#[test]
fn bad_paths_are_shown_where_they_are_written() {
    let fault = |text: &str| {
        let error = linked(&[("p::main", text), ("p::a", "fn landmark() {}")]).unwrap_err();
        format!("{}:{} {} {}", error.line, error.column, error.message, error.hint.unwrap_or_default())
    };
    assert_eq!(fault("import p::b::landmark;"), "1:14 there is no module `p::b` did you mean `p::a`?");
    assert_eq!(
        fault("import p::a::landmrk;\nfn f() { landmrk(); }"),
        "1:14 `p::a` has no `landmrk` did you mean `landmark`?"
    );
    assert_eq!(
        fault("fn f() {\n p::a::landmrk(); }"),
        "2:2 `p::a` has no `landmrk` did you mean `landmark`?"
    );
    assert!(fault("import landmark;").contains("is no item of a module"));
}

#[test]
fn a_circle_of_imports_ends() {
    let error = linked(&[("p::a", "import p::b::x; fn f() { x(); }"), ("p::b", "import p::a::x;")]);
    assert!(error.unwrap_err().message.contains("imports itself"));
}

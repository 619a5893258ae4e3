//! Saves, and what they come to.

use std::fs;

use antifaz::gpu::{Gpu, GpuOptions};

use super::*;

const SHADER: &str = "import antifaz::frame::{picture_at};\nimport antifaz::fullscreen::{Varying};\n\
    import package::inputs::{params};\n@fragment\nfn main(in: Varying) -> @location(0) vec4f {\n    \
    return picture_at(in.uv) * params.gain;\n}\n";
const MANIFEST: &str = "format = 1\ntitle = \"T\"\n[[inputs]]\nname = \"gain\"\ntype = \"float\"\n\
    [[passes]]\nname = \"p\"\nshader = \"a.wgsl\"\nentry = \"main\"\n";

/// A folder with a filter.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("filter.toml", MANIFEST), ("a.wgsl", SHADER)] {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

fn preparer() -> Preparer {
    // Wherever tests run: it compiles at the first draw.
    let options = GpuOptions { adapter: Some("llvmpipe".into()), ..GpuOptions::default() };
    Preparer::of(pollster::block_on(Gpu::new(&options)).expect("an adapter")).expect("a device")
}

fn wait(reload: &Reload) -> Outcome {
    let start = Instant::now();
    loop {
        if let Some(outcome) = reload.outcome() {
            return outcome;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "no change was noticed");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_change_is_taken_only_if_it_can_be_drawn_and_values_stay() {
    let (folder, preparer) = (folder(), preparer());
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    let filter = filters::read(folder.path()).expect("a filter");
    let item = LookItem::parse(filter, "gain=0.5").expect("a value");
    let reload = Reload::start(preparer).expect("a thread");
    let watched = Watched::new(Look(vec![item]), vec![folder.path().into()]);
    // Saved before it is watched.
    write("a.wgsl", &SHADER.replace("params.gain", "params.gain + 0.0"));
    reload.watch(7, watched);
    assert!(wait(&reload).result.is_ok());
    thread::sleep(Duration::from_millis(100));
    assert!(reload.outcome().is_none(), "nothing has changed");

    write("a.wgsl", &SHADER.replace("params.gain", "params.gian"));
    let outcome = wait(&reload);
    let faults = outcome.result.expect_err("it is broken");
    let place = faults[0].place.clone().expect("a place");
    assert!(place.file.ends_with("/a.wgsl"), "{place}");
    assert_eq!((place.line, place.column, outcome.number), (6, 39, 7), "{}", faults[0]);
    assert_eq!(faults[0].hint.as_deref(), Some("did you mean `gain`?"));

    write("a.wgsl", &SHADER.replace("params.gain", "params.gain * 0.5"));
    let (_, Watched { look, .. }) = wait(&reload).result.expect("it is whole again");
    assert_eq!(look.0[0].filter.inputs[0].kind.text(&look.0[0].values.as_slice()[0]), "0.5");

    write("filter.toml", &MANIFEST.replace("a.wgsl", "b.wgsl"));
    let faults = wait(&reload).result.expect_err("a file is missing");
    assert!(faults[0].to_string().contains("filter.toml:8:10"), "{}", faults[0]);
    fs::rename(folder.path().join("a.wgsl"), folder.path().join("b.wgsl")).expect("renamed");
    assert!(wait(&reload).result.is_ok());
}

#[test]
fn a_change_at_work_knows_what_was_there_before() {
    let (folder, preparer) = (folder(), preparer());
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    let item = LookItem::parse(filters::read(folder.path()).expect("a filter"), "").expect("defaults");
    let old = Arc::clone(&item.filter);
    let watched = Watched::new(Look(vec![item]), vec![folder.path().into()]);
    let (mut current, closed) = (Current::new(3, watched), AtomicBool::new(false));
    assert!(current.changed(&closed).is_empty());

    write("a.wgsl", &SHADER.replace("params.gain", "params.gain * 0.25"));
    assert_eq!(current.changed(&closed), [0]);
    let work = current.at_work(&[0]);
    let (says, said) = mpsc::channel();
    // A host's device has no other beside it.
    let host = Gpu::from_host(preparer.gpu().device().clone(), preparer.gpu().queue().clone());
    let mut maker = Maker::new(Preparer::of(host).expect("a device"), says);
    let (outcome, rest) = current.reload(&mut maker, &[0]);
    assert!(matches!(said.try_recv(), Ok(Said::AtHand)), "its first draw is announced");
    let (_, Watched { look: new, .. }) = outcome.result.expect("it is whole");
    assert!(rest.is_some() && outcome.number == 3 && work.number == 3);
    assert!(Arc::ptr_eq(&work.before.0[0].filter, &old), "whoever loses the device goes back to it");
    assert!(!Arc::ptr_eq(&new.0[0].filter, &old));
    assert!(Arc::ptr_eq(&current.at_work(&[0]).before.0[0].filter, &new.0[0].filter));
}

#[test]
fn a_rehearsal_takes_the_place_of_the_first_draw_and_what_takes_it_down_leaves_the_picture_alone() {
    let (folder, preparer) = (folder(), preparer());
    let item = LookItem::parse(filters::read(folder.path()).expect("a filter"), "").expect("defaults");
    let watched = Watched::new(Look(vec![item]), vec![folder.path().into()]);
    let (mut current, closed) = (Current::new(3, watched), AtomicBool::new(false));
    let (says, said) = mpsc::channel();
    let mut maker = Maker::new(preparer.clone(), says);
    let mut reload = |gain: &str, maker: &mut Maker| {
        let text = SHADER.replace("params.gain", gain);
        fs::write(folder.path().join("a.wgsl"), text).expect("a file");
        let changed = current.changed(&closed);
        current.reload(maker, &changed).0.result
    };
    assert!(reload("params.gain * 0.25", &mut maker).is_ok());
    let there = maker.rehearsal.as_ref().expect("a driver that compiles late").gpu().clone();
    let drawn = there.counts().textures;
    assert!(drawn > preparer.gpu().counts().textures, "a picture was drawn there, and none here");

    let faults = reload("params.gian", &mut maker).expect_err("it is broken");
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].to_string().contains("a.wgsl:6:39"), "{}", faults[0]);

    // Lost between two changes, and during one.
    there.device().destroy();
    let rehearsal = maker.rehearsal.as_mut().expect("still there");
    let drawn = rehearsal.draw(Look::default(), preparer.tier());
    assert!(matches!(drawn, Err(EngineError::Gpu(GpuError::DeviceLost { .. }))), "{drawn:?}");
    assert!(reload("params.gain * 0.75", &mut maker).is_ok(), "another one is opened");
    let lost = EngineError::from(GpuError::DeviceLost { reason: "test".into() });
    let faults = all_faults(&preparer, &current.watched.look, &[0], &lost);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].to_string().contains("took the graphics device down"), "{}", faults[0]);
    preparer.gpu().poll().expect("the other device is as it was");
    assert!(said.try_recv().is_err(), "nobody is asked to wait");
}

#[test]
fn what_was_saved_beside_a_broken_filter_is_not_lost() {
    let (folders, preparer) = ([folder(), folder()], preparer());
    let write = |number: usize, gain: &str| {
        let text = SHADER.replace("params.gain", gain);
        fs::write(folders[number].path().join("a.wgsl"), text).expect("a file");
    };
    let item =
        |folder: &tempfile::TempDir| LookItem::parse(filters::read(folder.path()).expect("a filter"), "");
    let look = Look(folders.iter().map(|folder| item(folder).expect("defaults")).collect());
    let paths = folders.iter().map(|folder| folder.path().into()).collect();
    let (mut current, closed) = (Current::new(0, Watched::new(look, paths)), AtomicBool::new(false));
    let (says, _said) = mpsc::channel();
    let mut maker = Maker::new(preparer, says);
    let mut reload = |current: &mut Current| {
        let changed = current.changed(&closed);
        let (outcome, _) = current.reload(&mut maker, &changed);
        (changed, outcome.result)
    };
    write(0, "params.gian");
    write(1, "params.gain * 0.25");
    assert!(matches!(reload(&mut current), (changed, Err(_)) if changed == [0, 1]));
    // Only the broken one is written again.
    write(0, "params.gain * 0.75");
    let (changed, result) = reload(&mut current);
    let (_, Watched { look, .. }) = result.expect("both are whole");
    assert_eq!(changed, [0, 1]);
    for (item, gain) in look.0.iter().zip(["0.75", "0.25"]) {
        assert!(item.filter.modules[0].text.contains(gain), "{gain} is not in what runs");
    }
    assert!(current.changed(&closed).is_empty());
}

#[test]
fn only_what_was_emptied_is_waited_for() {
    let stamps = |files: &[(&str, u64)]| -> Stamps {
        files.iter().map(|(path, bytes)| (PathBuf::from(path), (None, *bytes))).collect()
    };
    let before = stamps(&[("a", 9), ("notes", 0)]);
    assert!(is_emptied(&before, &stamps(&[("a", 0), ("notes", 0)])));
    assert!(!is_emptied(&before, &stamps(&[("a", 5), ("notes", 0), ("new", 0)])));
    assert!(!is_emptied(&before, &stamps(&[])));
}

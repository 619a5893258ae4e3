#![allow(missing_docs, clippy::unwrap_used, reason = "temporary")]
use antifaz::source::{Next, open};
use std::io::Write;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let mut out = std::env::args().nth(2).map(|p| std::io::BufWriter::new(std::fs::File::create(p).unwrap()));
    let mut source = match open(path.as_ref()) {
        Ok(s) => s,
        Err(e) => {
            eprintln!("{e}");
            std::process::exit(1)
        }
    };
    let i = source.info();
    eprintln!(
        "{} {:?} fps {:?} frames {:?} audio {:?}",
        i.name,
        i.size,
        i.fps,
        i.frames,
        i.audio.as_ref().map(|a| (&a.codec, a.sample_rate, a.channels, a.packets.len(), a.skip, a.start))
    );
    let start = std::time::Instant::now();
    let (mut n, mut last) = (0, None);
    loop {
        match source.next() {
            Ok(Next::Frame(f)) => {
                n += 1;
                last = Some(f.time);
                if n < 4 {
                    eprintln!("{:?} {:?} {:?} {:?}", f.id, f.time, f.pixels.format(), f.pixels.color());
                }
                if let Some(o) = &mut out {
                    o.write_all(f.pixels.bytes()).unwrap();
                }
            }
            Ok(Next::Pending) => std::thread::yield_now(),
            Ok(Next::End) => break,
            Err(e) => {
                eprintln!("after {n}: {e}");
                std::process::exit(1)
            }
        }
    }
    eprintln!("{n} frames, last {last:?}, {:?}", start.elapsed());
}

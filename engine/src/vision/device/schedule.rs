//! One schedule for the frame: the levels of all nets that are due, interleaved.
//!
//! A [`Task`] is what one net, or one kernel between nets, does level by level; it begins in the level after the last one
//! of what it waits for. Tasks that don't wait for each other so share levels, and the frame takes as many as its longest
//! chain, however many nets it has. Plain data: what is scheduled is for the caller to say.

use super::{Due, Find, Stages};

/// Levels of work that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task<T> {
    /// For people.
    pub(super) name: &'static str,
    /// Numbers of the tasks that it waits for; they come before it in the list.
    pub(super) after: Vec<usize>,
    /// What it does, level by level.
    pub(super) levels: Vec<Vec<T>>,
}

/// Something to do, and the name of its task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scheduled<T> {
    /// Of the task.
    pub(super) task: &'static str,
    /// What is to do.
    pub(super) work: T,
}

/// All levels of the tasks, each as early as it can be.
pub(super) fn interleaved<T>(tasks: Vec<Task<T>>) -> Vec<Vec<Scheduled<T>>> {
    let mut ends: Vec<usize> = Vec::with_capacity(tasks.len());
    let mut levels: Vec<Vec<Scheduled<T>>> = Vec::new();
    for Task { name, after, levels: own } in tasks {
        let start = after.iter().filter_map(|&task| ends.get(task)).copied().max().unwrap_or(0);
        ends.push(start + own.len());
        for (level, work) in (start..).zip(own) {
            if levels.len() <= level {
                levels.resize_with(level + 1, Vec::new);
            }
            levels[level].extend(work.into_iter().map(|work| Scheduled { task: name, work }));
        }
    }
    levels
}

/// A net of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Net {
    Detector,
    Landmarks,
    Blendshapes,
    Selfie,
}

/// A kernel between nets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    DetectorCrop,
    Begin,
    Crop,
    Update,
    Finish,
    Express,
    Decode,
    SelfieCrop,
    Check,
    Calm,
}

/// What a frame is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Whether faces are followed.
    pub(super) faces: bool,
    pub(super) find: Find,
    pub(super) blendshapes: bool,
    /// Whether the blendshapes net looks at the landmarks of the frame before.
    pub(super) late: bool,
    pub(super) matte: bool,
}

impl Shape {
    /// Of a frame in which `due` is due, and that has these stages.
    pub(super) fn of(due: &Due, stages: &Stages) -> Self {
        Self {
            faces: stages.faces.is_some(),
            find: stages.find,
            blendshapes: due.blendshapes,
            late: stages.late,
            matte: stages.matte.is_some(),
        }
    }

    /// Its faces and its mask, which don't wait for each other: what one of them waits for need not hold up the other.
    pub(super) fn halves(self) -> [Self; 2] {
        [Self { matte: false, ..self }, Self { faces: false, ..self }]
    }

    /// All that a frame does: `kernel` and `net` say what that is. What `kernel` has not is left out.
    pub(super) fn levels<T>(
        self,
        kernel: impl Fn(Kernel) -> Option<T>,
        net: impl Fn(Net) -> Vec<Vec<T>>,
    ) -> Vec<Vec<Scheduled<T>>> {
        let mut tasks: Vec<Task<T>> = Vec::new();
        let mut add = |name, after: &[usize], levels| {
            tasks.push(Task { name, after: after.to_vec(), levels });
            tasks.len() - 1
        };
        let one = |of| vec![kernel(of).into_iter().collect()];
        // `begin` sees no picture, so it runs while that is converted, if all of faces that sees it comes later.
        let begins = self.faces && self.find != Find::Here;
        let begun: Vec<usize> = begins.then(|| add("begin", &[], one(Kernel::Begin))).into_iter().collect();
        if self.faces {
            let looks = (self.find != Find::Nothing).then(|| {
                let crop = add("crop for the detector", &begun, one(Kernel::DetectorCrop));
                add("detector", &[crop], net(Net::Detector))
            });
            let begin = match begun.first() {
                Some(begin) => *begin,
                None => add("begin", &Vec::from_iter(looks), one(Kernel::Begin)),
            };
            let crop = add("crop for the landmarks", &[begin], one(Kernel::Crop));
            let mesh = add("landmarks", &[crop], net(Net::Landmarks));
            let update = add("update", &[mesh], one(Kernel::Update));
            let late = self.blendshapes && self.late;
            let before = late.then(|| add("blendshapes", &[], net(Net::Blendshapes)));
            let all: Vec<usize> = before.into_iter().chain([update]).collect();
            let finish = add("finish", &all, one(Kernel::Finish));
            if self.blendshapes && !late {
                let net = add("blendshapes", &[finish], net(Net::Blendshapes));
                add("express", &[net], one(Kernel::Express));
            }
            if let (Some(detector), Find::Ahead) = (looks, self.find) {
                add("decode", &[detector, begin], one(Kernel::Decode));
            }
        }
        if self.matte {
            let crop = add("crop for the mask", &[], one(Kernel::SelfieCrop));
            let net = add("selfie", &[crop], net(Net::Selfie));
            let check = add("check", &[net], one(Kernel::Check));
            add("calm", &[check], one(Kernel::Calm));
        }
        interleaved(tasks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(name: &'static str, after: &[usize], levels: usize) -> Task<usize> {
        Task { name, after: after.to_vec(), levels: (0..levels).map(|level| vec![level]).collect() }
    }

    #[test]
    fn tasks_share_levels_unless_one_waits_for_the_other() {
        let tasks = vec![
            task("crop", &[], 1),
            task("mesh", &[0], 3),
            task("selfie", &[], 2),
            task("end", &[1, 2], 1),
        ];
        let levels = interleaved(tasks);
        let names: Vec<Vec<&str>> =
            levels.iter().map(|level| level.iter().map(|work| work.task).collect()).collect();
        assert_eq!(
            names,
            [vec!["crop", "selfie"], vec!["mesh", "selfie"], vec!["mesh"], vec!["mesh"], vec!["end"]]
        );
        assert_eq!(levels[3][0].work, 2);
    }

    #[test]
    fn the_detector_looks_before_the_landmarks_or_beside_them() {
        let levels = |find| {
            let shape = Shape { faces: true, find, blendshapes: true, late: false, matte: true };
            let net = |net| vec![vec![format!("{net:?}")]; 5];
            shape.levels(|kernel| Some(format!("{kernel:?}")), net)
        };
        assert_eq!(levels(Find::Nothing).len(), 2 + 5 + 2 + 5 + 1);
        assert_eq!(levels(Find::Here).len(), 6 + 15);
        let beside = levels(Find::Ahead);
        assert_eq!(beside.len(), 15);
        // What of faces sees the picture comes after `begin`, which doesn't.
        let first: Vec<&str> = beside[0].iter().map(|scheduled| scheduled.task).collect();
        assert_eq!(first, ["begin", "crop for the mask"]);
        let at =
            |name: &str| beside.iter().position(|level| level.iter().any(|scheduled| scheduled.work == name));
        assert_eq!((at("Decode"), at("Calm"), at("Finish")), (Some(7), Some(7), Some(8)));
    }

    #[test]
    fn late_expressions_are_found_beside_the_landmarks() {
        let shape = Shape { faces: true, find: Find::Nothing, blendshapes: true, late: true, matte: false };
        let levels =
            shape.levels(|kernel| Some(format!("{kernel:?}")), |net| vec![vec![format!("{net:?}")]; 5]);
        let last: Vec<&str> = levels.iter().filter_map(|level| Some(level.last()?.work.as_str())).collect();
        assert_eq!(last[..5], ["Blendshapes"; 5]);
        assert_eq!(last[5..], ["Landmarks", "Landmarks", "Update", "Finish"]);
    }

    #[test]
    fn a_task_of_nothing_passes_its_wait_on() {
        let levels = interleaved(vec![task("a", &[], 2), task("nothing", &[0], 0), task("b", &[1], 1)]);
        assert_eq!(levels.len(), 3);
        assert_eq!(levels[2][0].task, "b");
    }
}

//! One schedule for the frame: the levels of all nets that are due, interleaved.
//!
//! A [`Task`] is what one net, or one kernel between nets, does level by level; it begins in the level after the last one
//! of what it waits for. Tasks that don't wait for each other so share levels, and the frame takes as many as its longest
//! chain, however many nets it has. Plain data: what is scheduled is for the caller to say.

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
    fn a_task_of_nothing_passes_its_wait_on() {
        let levels = interleaved(vec![task("a", &[], 2), task("nothing", &[0], 0), task("b", &[1], 1)]);
        assert_eq!(levels.len(), 3);
        assert_eq!(levels[2][0].task, "b");
    }
}

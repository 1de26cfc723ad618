//! Many items over many threads, results in the order of the items, memory bounded.
//!
//! Each worker takes the next item, works on it alone, and hands its result over. An item may not be begun more than
//! `WINDOW` items ahead of the one whose result is due: one slow item holds results back, and the window keeps them
//! from piling up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};

/// Parts of the due item that wait to be written.
const PARTS: usize = 4;
/// Items that may be under way or waiting for their turn.
const WINDOW: u64 = 512;

struct State<I, R> {
    items: I,
    /// Number of the next item.
    next: u64,
    /// Number of the item whose result is due.
    due: u64,
    done: BTreeMap<u64, R>,
    /// Parts of the due item, handed over before its end.
    parts: VecDeque<R>,
    /// Workers that may still add to `done`.
    workers: usize,
    stopped: bool,
}

/// Runs `work` on every item with `threads` workers, each with a state of its own from `start`, and calls `write` for
/// every result in the order of the items, on the calling thread. An item with a long result may hand over parts of it
/// before its end by the function that `work` is given; they are written before what `work` returns, and a worker whose
/// item is not due yet waits. Where `write` returns false, no further item is begun. One thread works without any other.
/// A panic of `work` is passed on.
pub fn in_order<T, R, S>(
    items: impl Iterator<Item = T> + Send,
    threads: usize,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T, &mut dyn FnMut(R)) -> R + Sync,
    mut write: impl FnMut(R) -> bool,
) where
    R: Send,
{
    if threads <= 1 {
        let mut state = start();
        let mut go_on = true;
        for item in items {
            let last = work(&mut state, item, &mut |part| go_on = go_on && write(part));
            go_on = go_on && write(last);
            if !go_on {
                return;
            }
        }
        return;
    }
    let state = State { items, next: 0, due: 0, done: BTreeMap::new(), parts: VecDeque::new(), workers: threads, stopped: false };
    let (shared, changed) = (Mutex::new(state), Condvar::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let _leaving = Leaving { shared: &shared, changed: &changed };
                let mut own = start();
                loop {
                    let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    while !state.stopped && state.next >= state.due + WINDOW {
                        state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                    }
                    if state.stopped {
                        return;
                    }
                    let Some(item) = state.items.next() else { return };
                    let number = state.next;
                    state.next += 1;
                    drop(state);
                    let mut hand_over = |part| {
                        let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
                        while !state.stopped && (state.due != number || state.parts.len() >= PARTS) {
                            state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                        }
                        if !state.stopped {
                            state.parts.push_back(part);
                            changed.notify_all();
                        }
                    };
                    let result = work(&mut own, item, &mut hand_over);
                    let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    state.done.insert(number, result);
                    if number == state.due {
                        changed.notify_all();
                    }
                }
            });
        }
        loop {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let result = loop {
                if let Some(part) = state.parts.pop_front() {
                    break part;
                }
                let due = state.due;
                if let Some(result) = state.done.remove(&due) {
                    state.due += 1;
                    break result;
                }
                if state.workers == 0 {
                    return;
                }
                state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            };
            drop(state);
            changed.notify_all();
            if !write(result) {
                shared.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
                changed.notify_all();
                return;
            }
        }
    });
}

/// Says that a worker is gone, also where it panicked: nobody may wait for it.
struct Leaving<'a, I, R> {
    shared: &'a Mutex<State<I, R>>,
    changed: &'a Condvar,
}

impl<I, R> Drop for Leaving<'_, I, R> {
    fn drop(&mut self) {
        let mut state = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        state.workers -= 1;
        if std::thread::panicking() {
            state.stopped = true;
        }
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn order_is_that_of_the_items() {
        for threads in [1, 2, 8] {
            let mut seen = Vec::new();
            let work = |_: &mut (), i: u64, _: &mut dyn FnMut(u64)| {
                if i.is_multiple_of(97) {
                    std::thread::sleep(std::time::Duration::from_millis(2));
                }
                i * 2
            };
            in_order(
                0..3000u64,
                threads,
                || (),
                work,
                |r| {
                    seen.push(r);
                    true
                },
            );
            assert!(seen.iter().copied().eq((0..3000).map(|i| i * 2)), "{threads}");
        }
    }

    #[test]
    fn writing_can_stop_it() {
        for threads in [1, 4] {
            let mut seen = 0;
            in_order(
                0..,
                threads,
                || (),
                |_, i: u64, _| i,
                |_| {
                    seen += 1;
                    seen < 10
                },
            );
            assert_eq!(seen, 10);
        }
    }

    #[test]
    fn parts_come_before_the_rest_of_their_item() {
        for threads in [1, 2, 8] {
            let mut seen = Vec::new();
            let work = |_: &mut (), i: u64, part: &mut dyn FnMut((u64, u64))| {
                (0..i % 40).for_each(|p| part((i, p)));
                (i, u64::MAX)
            };
            in_order(
                0..300u64,
                threads,
                || (),
                work,
                |r| {
                    seen.push(r);
                    true
                },
            );
            let want: Vec<(u64, u64)> = (0..300).flat_map(|i| (0..i % 40).map(move |p| (i, p)).chain([(i, u64::MAX)])).collect();
            assert_eq!(seen, want, "{threads}");
        }
    }
}

//! What every fuzz target is linked with: an allocator that gives nobody more than a bound at once. Whoever allocates by a number that a
//! stranger sent asks for more sooner or later, and ends the run.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

/// More than anything needs that reads one input: the largest message is 32 KiB, the largest input a few.
const BYTES_AT_ONCE_MAX: usize = 1 << 20;

/// Whether somebody asked for more. The run ends then, and saying why takes more memory still.
static REFUSED: AtomicBool = AtomicBool::new(false);

struct Bounded;

impl Bounded {
    fn refuses(size: usize) -> bool {
        size > BYTES_AT_ONCE_MAX && !std::thread::panicking() && !REFUSED.swap(true, Ordering::Relaxed)
    }
}

#[global_allocator]
static BOUNDED: Bounded = Bounded;

#[expect(
    unsafe_code,
    reason = "an allocator; each call is passed on as it came, or answered with null, which means that there is no memory"
)]
// SAFETY: the system's allocator keeps the contract, and null may be given at any time.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if Self::refuses(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if Self::refuses(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if Self::refuses(size) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

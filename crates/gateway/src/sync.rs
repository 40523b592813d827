//! Locks and atomics of what several workers share. Under the feature `interleaving` they are shuttle's, which decides who goes next
//! wherever one of them is touched.

pub(crate) use std::sync::atomic::Ordering;

#[cfg(not(feature = "interleaving"))]
pub(crate) use {
    parking_lot::{Mutex, RwLock},
    std::sync::atomic::{AtomicBool, AtomicU64},
};

#[cfg(feature = "interleaving")]
pub(crate) use {
    interleaved::{Mutex, RwLock},
    shuttle::sync::atomic::{AtomicBool, AtomicU64},
};

#[cfg(feature = "interleaving")]
mod interleaved {
    use shuttle::sync::{self, MutexGuard, RwLockReadGuard, RwLockWriteGuard};
    use std::sync::PoisonError;

    /// A lock without poison, as the product has it.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// A lock without poison, as the product has it.
    #[derive(Debug, Default)]
    pub(crate) struct RwLock<T>(sync::RwLock<T>);

    impl<T> RwLock<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(sync::RwLock::new(value))
        }

        pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
            self.0.read().unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
            self.0.write().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

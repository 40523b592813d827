//! The load: members' connections in a process of their own, on one thread, told what to do line by line.
//!
//! It stands behind [`crate::dialect::Dialect`], so that the same bytes' worth of work is put on our server, on the floor and on peers.

mod clock;
mod connection;
mod crowd;
mod plan;
mod recorder;
mod returning;
mod scene;
mod stall;
mod stream;
mod timeline;
mod window;

pub use plan::{Connect, Heard, Latencies, Looked, Order, Rate, Return, Returned, Told, Window};

use crate::process::lines;
use crate::stats::to_f64;
use crowd::{Crowd, ORDERS, Pump};
use mio::Waker;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// Orders that wait. There is never more than one.
const ORDERS_MAX: usize = 4;

/// Does as it is told until its standard input ends.
pub fn run() -> anyhow::Result<()> {
    // One that stays low fails with a message that says so.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let mut pump = Pump::new()?;
    let orders = listen(&pump)?;
    let mut crowd = Crowd::nobody();
    while let Some(order) = wait(&orders, &mut pump, &mut crowd)? {
        if let Err(error) = follow(order, &mut pump, &mut crowd) {
            lines::tell(&Told::Failed { why: format!("{error:#}") })?;
        }
    }
    Ok(())
}

fn follow(order: Order, pump: &mut Pump, crowd: &mut Crowd) -> anyhow::Result<()> {
    match order {
        Order::Connect(plan) => {
            let began = pump.clock.nanos();
            *crowd = Crowd::new(plan, pump.clock)?;
            // A line that nobody reads is no reason to stop.
            crowd.connect(pump, |joined| drop(lines::tell(&Told::Joining { joined })))?;
            lines::tell(&Told::Connected { seconds: to_f64(pump.clock.nanos() - began) / 1e9 })
        }
        Order::Window(window) => {
            lines::tell(&Told::Began)?;
            let heard = window::run(window, pump, crowd)?;
            lines::tell(&Told::Ended(Box::new(heard)))
        }
        Order::Publish(window) => {
            window::publish(window, pump, crowd)?;
            lines::tell(&Told::Published)
        }
        Order::Look => lines::tell(&Told::Looked(crowd.look())),
        Order::Return(order) => {
            let returned = returning::run(order, pump, crowd)?;
            lines::tell(&Told::Returned(Box::new(returned)))
        }
        Order::Excuse | Order::Stall => {
            crowd.excuse(matches!(order, Order::Stall))?;
            lines::tell(&Told::Stalled)
        }
        Order::Revive => {
            let ends = stall::revive(pump, crowd)?;
            lines::tell(&Told::Revived { ends })
        }
    }
}

/// Serves the connections until there is an order; `None` where there will be none.
fn wait(orders: &Receiver<anyhow::Result<Order>>, pump: &mut Pump, crowd: &mut Crowd) -> anyhow::Result<Option<Order>> {
    loop {
        match orders.try_recv() {
            Ok(order) => return order.map(Some),
            Err(TryRecvError::Disconnected) => return Ok(None),
            Err(TryRecvError::Empty) => pump.turn(None, crowd)?,
        }
    }
}

/// Reads orders on a thread of its own, which sleeps while posts are sent.
fn listen(pump: &Pump) -> anyhow::Result<Receiver<anyhow::Result<Order>>> {
    let waker = Arc::new(Waker::new(pump.poll.registry(), ORDERS)?);
    let (sender, receiver) = sync_channel(ORDERS_MAX);
    std::thread::Builder::new().name("orders".to_owned()).spawn(move || {
        lines::read_each(|order| {
            let heard = sender.send(order).is_ok();
            // A poll that can't be woken has ended.
            heard && waker.wake().is_ok()
        });
        drop(sender);
        let _ = waker.wake();
    })?;
    Ok(receiver)
}

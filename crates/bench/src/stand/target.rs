//! A target and its generator, and one window of load on it.

use super::{ROLES, arguments};
use crate::floor::{self, Manner};
use crate::generator::{Connect, Heard, Looked, Order, Told, Window};
use crate::process::{Child, Cores, Launcher, cpu_time};
use crate::progress::Progress;
use crate::stats::to_f64;
use anyhow::{Context, anyhow, bail, ensure};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

/// How long an answer may take that needs no work.
const ANSWER: Duration = Duration::from_secs(10);

/// How much longer than its posting a window may take.
const SETTLING: Duration = Duration::from_mins(1);

/// What one window came to: what the generator saw, and what the target spent on it.
#[derive(Debug, Clone)]
pub struct Measured {
    /// What the generator saw.
    pub heard: Heard,
    /// User and system time of the target, from the first post until the last delivery.
    pub cpu: Duration,
}

impl Measured {
    /// Microseconds of the target's CPU time for each delivery.
    pub fn us_per_delivery(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / to_f64(self.heard.deliveries.max(1))
    }
}

/// A target and the generator beside it.
#[derive(Debug)]
pub struct Stand {
    /// The program under test.
    pub target: Child,
    /// The load.
    pub generator: Child,
    /// Where the target listens.
    pub address: SocketAddr,
}

impl Stand {
    /// With a target that runs already.
    pub fn beside(
        target: Child,
        address: SocketAddr,
        launcher: &Launcher,
        cores: &Cores,
        log: &Path,
    ) -> anyhow::Result<Self> {
        let generator = launcher.own(&cores.generators, &arguments(&ROLES.generator), log)?;
        Ok(Self { target, generator, address })
    }

    /// The floor, and its generator.
    pub async fn floor(launcher: &Launcher, cores: &Cores, log: &Path) -> anyhow::Result<Self> {
        let mut target = launcher.own(&cores.target, &arguments(&ROLES.floor), log)?;
        let floor::Told::Listens { port } = target.hear(ANSWER).await? else { bail!("the floor does not listen") };
        Self::beside(target, (Ipv4Addr::LOCALHOST, port).into(), launcher, cores, log)
    }

    /// Has the floor send in this manner from now on.
    pub async fn change(&mut self, manner: Manner) -> anyhow::Result<()> {
        self.target.tell(&manner).await?;
        let told = self.target.hear(ANSWER).await?;
        ensure!(matches!(told, floor::Told::Changed), "the floor did not change its manner");
        Ok(())
    }

    /// Has everybody connect and join. Gives the seconds that it took.
    pub async fn connect(&mut self, plan: Connect, progress: &Progress) -> anyhow::Result<f64> {
        let (all, patience) = (plan.rooms * plan.members, Duration::from_secs(plan.seconds_max) + ANSWER);
        self.generator.tell(&Order::Connect(plan)).await?;
        loop {
            let told = self.hear(patience).await.context("the members can't come in")?;
            if let Told::Connected { seconds } = told {
                return Ok(seconds);
            }
            let Told::Joining { joined } = told else { return Err(unasked(&told)) };
            progress.says(format!("{joined} of {all} members are in"));
        }
    }

    /// One window of posting, until all has arrived.
    pub async fn window(&mut self, window: Window) -> anyhow::Result<Measured> {
        self.target.runs()?;
        self.generator.tell(&Order::Window(window)).await?;
        let began = self.hear(ANSWER).await?;
        let before = cpu_time(self.target.id())?;
        let Told::Began = began else { return Err(unasked(&began)) };
        let ended = self.hear(Duration::from_secs_f64(window.seconds) + SETTLING).await?;
        let cpu = cpu_time(self.target.id())?.saturating_sub(before);
        let Told::Ended(heard) = ended else { return Err(unasked(&ended)) };
        Ok(Measured { heard: *heard, cpu })
    }

    /// Has the generator do something that has one answer.
    pub async fn ask(&mut self, order: Order, patience: Duration) -> anyhow::Result<Told> {
        self.generator.tell(&order).await?;
        self.hear(patience + ANSWER).await
    }

    /// What has happened to those who are in.
    pub async fn look(&mut self) -> anyhow::Result<Looked> {
        let told = self.ask(Order::Look, ANSWER).await?;
        if let Told::Looked(looked) = told { Ok(looked) } else { Err(unasked(&told)) }
    }

    async fn hear(&mut self, patience: Duration) -> anyhow::Result<Told> {
        let told = self.generator.hear(patience).await?;
        if let Told::Failed { why } = told { Err(anyhow!("the generator can't go on: {why}")) } else { Ok(told) }
    }
}

/// The generator says something else than what was asked.
pub(crate) fn unasked(told: &Told) -> anyhow::Error {
    anyhow!("the generator answers what it was not asked: {told:?}")
}

//! `bench storm`: the server is killed while people write, started again, and everybody comes back at once. How long until all are in and have what they
//! missed; and beside it how long the handshakes and signature checks alone take, by a bare program that is stormed by the same generator.

use super::common::{LAUNCH, connect_all, seats};
use crate::dialect::Spoken;
use crate::door;
use crate::generator::{Connect, Order, Rate, Return, Returned, Told, Window};
use crate::machine::Machine;
use crate::process::{Child, Cores, Launcher, cpu_time};
use crate::progress::Progress;
use crate::stand::{ROLES, Shape, Site, SiteOptions, Stand, unasked};
use crate::stats::{Spread, to_f64};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Posts a second over all rooms before the server is killed.
const RATE: f64 = 200.0;

/// How long an order may take that waits for nobody.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct StormOptions {
    /// Members, in rooms of at most 50.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u16).range(5..=15_000))]
    pub connections: u16,

    /// Each waits before it comes back as clients do, at random and the longer the more often it was turned away. Otherwise all knock as soon as
    /// the server listens.
    #[arg(long)]
    pub jitter: bool,

    /// Connections whose upgrade is not answered yet, at most. Linux keeps 4,096 for a server; more are dropped, and it is the second until the
    /// kernel knocks again that is measured then.
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u16).range(1..=15_000))]
    pub at_once: u16,

    /// How often each is stormed, in turns.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub pairs: u16,

    /// How long people write before the server is killed, in seconds. It is killed while they do.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    pub seconds: u16,

    /// Posts right after the restart, each in a room of its own as soon as its first member is back.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=3_000))]
    pub posts: u16,

    /// The folder in which the bench makes its own. On a disk: what is in memory is not durable.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Prints the report as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What was found. Seconds count from the first connection that was taken.
#[derive(Debug, Clone, Serialize)]
pub struct StormReport {
    /// `storm`.
    pub bench: &'static str,
    /// Members who came back.
    pub connections: u16,
    /// Rooms that they were in, each in one.
    pub rooms: usize,
    /// Whether each waited as clients do.
    pub jitter: bool,
    /// Median of the pairs: seconds until all had everything, by the door's until all were welcomed.
    pub ratio_to_floor: f64,
    /// The quartiles of that.
    pub ratio_to_floor_quartiles: [f64; 2],
    /// The same of CPU time.
    pub cpu_ratio_to_floor: f64,
    /// Seconds until 99 % were in; medians of the storms, as all of these.
    pub joined_99_seconds: f64,
    /// Until all were.
    pub joined_seconds: f64,
    /// Until 99 % had everything.
    pub caught_up_99_seconds: f64,
    /// Until all had.
    pub caught_up_seconds: f64,
    /// The door's: until all were welcomed.
    pub floor_seconds: f64,
    /// The server's CPU time, from being ready until all had everything.
    pub cpu_seconds: f64,
    /// The door's.
    pub floor_cpu_seconds: f64,
    /// Most upgrades that were answered within 100 ms.
    pub peak_accepts_per_100_ms: f64,
    /// The door's.
    pub floor_peak_accepts_per_100_ms: f64,
    /// Seconds from the start of the server's process until it was ready.
    pub restart_seconds: f64,
    /// Publications that did not reach a member, over all storms.
    pub holes: u64,
    /// The same by its other name.
    pub lost: u64,
    /// Deliveries that came again.
    pub duplicated: u64,
    /// Deliveries out of the room's order.
    pub reordered: u64,
    /// Members who were not given what they had missed.
    pub unrecovered: u64,
    /// Members who did not come back in time.
    pub missing: u64,
    /// Deliveries that members had missed, or that were new.
    pub deliveries: u64,
    /// Attempts that failed and were made again.
    pub retries: u64,
    /// Why they failed, and how many so.
    pub retried_why: BTreeMap<String, u64>,
    /// Whether server and load were pinned to cores of their own.
    pub pinned: bool,
    /// What it ran on.
    pub machine: Machine,
    /// All pairs.
    pub pairs: Vec<StormPair>,
}

/// One storm on the server, and one on the door.
#[derive(Debug, Clone, Serialize)]
pub struct StormPair {
    /// Ours.
    pub server: Storm,
    /// The door's.
    pub floor: Storm,
}

/// One storm.
#[derive(Debug, Clone, Serialize)]
pub struct Storm {
    /// What the generator saw.
    #[serde(flatten)]
    pub returned: Returned,
    /// CPU time of the program until then.
    pub cpu_seconds: f64,
    /// Seconds from its start until it was ready.
    pub restart_seconds: f64,
}

/// Whom people come back to.
enum Target<'a> {
    Server(&'a Site),
    Door(SocketAddr),
}

struct Arena<'a> {
    options: &'a StormOptions,
    launcher: Launcher,
    cores: Cores,
    site: &'a Site,
}

/// Measures.
pub async fn storm(options: &StormOptions) -> anyhow::Result<StormReport> {
    let shape = seats(options.connections.into());
    let progress = Progress::new(u64::from(options.pairs) * 2);
    progress.says("the server starts");
    let (launcher, cores) = (Launcher::new(&LAUNCH)?, Cores::divide(1));
    let within = options.dir.clone();
    let site = Site::new(&SiteOptions { shape, tls: false, within, more: String::new() }, &launcher).await?;
    let machine = Machine::describe(site.folder());
    let arena = Arena { options, launcher, cores, site: &site };
    let server = site.start(&arena.launcher, &arena.cores.target).await?;
    let mut ours = Stand::beside(server, site.address(), &arena.launcher, &arena.cores, &site.log())?;
    let plan = connect_all(&ours, site.spoken().await?, None, shape);
    ours.connect(plan.clone(), &progress).await?;
    let pinned = arena.cores.are_apart(ours.target.id(), ours.generator.id());
    let mut door = arena.door(plan, &progress).await?;
    let mut pairs = Vec::new();
    for number in 1..=options.pairs {
        progress.says(format!("pair {number} of {}: the server", options.pairs));
        let (stand, server) = arena.storm(ours, &Target::Server(&site)).await?;
        progress.step();
        progress.says(format!("pair {number} of {}: the door", options.pairs));
        let address = door.address;
        let (door_stand, floor) = arena.storm(door, &Target::Door(address)).await?;
        progress.step();
        (ours, door) = (stand, door_stand);
        pairs.push(StormPair { server, floor });
    }
    Ok(StormReport::of(options, shape, pairs, pinned, machine))
}

impl Arena<'_> {
    /// The door, with everybody in.
    async fn door(&self, plan: Connect, progress: &Progress) -> anyhow::Result<Stand> {
        let (target, address) = self.start_door(0).await?;
        let mut stand = Stand::beside(target, address, &self.launcher, &self.cores, &self.site.log())?;
        let Spoken::Kkanbu { rooms, .. } = plan.spoken else { anyhow::bail!("our server speaks as ours do") };
        let spoken = Spoken::Door { origin: door::origin(address.port()), rooms };
        stand.connect(Connect { address, spoken, ..plan }, progress).await?;
        Ok(stand)
    }

    async fn start_door(&self, port: u16) -> anyhow::Result<(Child, SocketAddr)> {
        let port = port.to_string();
        let [bench, door] = ROLES.door;
        let arguments = [bench, door, "--port", &port].map(OsStr::new);
        let mut child = self.launcher.own(&self.cores.target, &arguments, &self.site.log())?;
        let door::Told { port } = child.hear(PATIENCE).await?;
        Ok((child, (Ipv4Addr::LOCALHOST, port).into()))
    }

    /// Kills it in the midst of things, starts it again, and waits until all are back.
    async fn storm(&self, stand: Stand, target: &Target<'_>) -> anyhow::Result<(Stand, Storm)> {
        let Self { options, .. } = self;
        let mut stand = stand;
        let posts = if let Target::Server(_) = target {
            let window =
                Window { rate: Rate::PerSecond(RATE), seconds: f64::from(options.seconds) + 0.001, in_flight: 1 };
            let told =
                stand.ask(Order::Publish(window), Duration::from_secs(options.seconds.into()) + PATIENCE).await?;
            let Told::Published = told else { return Err(unasked(&told)) };
            options.posts
        } else {
            0
        };
        let order = Order::Return(Return {
            jitter: options.jitter,
            at_once: options.at_once.into(),
            posts: posts.into(),
            seconds_max: 120,
        });
        let Stand { target: old, mut generator, address } = stand;
        old.kill().await?;
        // With jitter people knock while nobody is there; without, as soon as somebody is.
        if options.jitter {
            generator.tell(&order).await?;
        }
        let began = Instant::now();
        let child = match target {
            Target::Server(site) => site.start(&self.launcher, &self.cores.target).await?,
            Target::Door(address) => self.start_door(address.port()).await?.0,
        };
        let restart_seconds = began.elapsed().as_secs_f64();
        let before = cpu_time(child.id())?;
        if !options.jitter {
            generator.tell(&order).await?;
        }
        let told = timeout(Duration::from_mins(3), generator.hear(Duration::from_mins(3))).await??;
        let cpu = cpu_time(child.id())?.saturating_sub(before);
        let Told::Returned(returned) = told else { return Err(unasked(&told)) };
        // What is left to do for those who left should not fall on the other's time.
        sleep(Duration::from_millis(500)).await;
        let storm = Storm { returned: *returned, cpu_seconds: cpu.as_secs_f64(), restart_seconds };
        Ok((Stand { target: child, generator, address }, storm))
    }
}

impl StormReport {
    fn of(options: &StormOptions, shape: Shape, pairs: Vec<StormPair>, pinned: bool, machine: Machine) -> Self {
        let median = |figure: fn(&StormPair) -> f64| Spread::of(pairs.iter().map(figure)).median;
        let sum = |figure: fn(&Returned) -> u64| pairs.iter().map(|pair| figure(&pair.server.returned)).sum();
        let ratio = Spread::of(pairs.iter().map(|StormPair { server, floor }| {
            server.returned.caught_up_seconds / floor.returned.joined_seconds.max(1e-9)
        }));
        let all = u64::from(options.connections);
        let mut retried_why = BTreeMap::new();
        for (why, count) in pairs.iter().flat_map(|pair| &pair.server.returned.retried_why) {
            *retried_why.entry(why.clone()).or_default() += count;
        }
        Self {
            bench: "storm",
            connections: options.connections,
            rooms: shape.rooms,
            jitter: options.jitter,
            ratio_to_floor: ratio.median,
            ratio_to_floor_quartiles: ratio.quartiles,
            cpu_ratio_to_floor: median(|pair| pair.server.cpu_seconds / pair.floor.cpu_seconds.max(1e-9)),
            joined_99_seconds: median(|pair| pair.server.returned.joined_99_seconds),
            joined_seconds: median(|pair| pair.server.returned.joined_seconds),
            caught_up_99_seconds: median(|pair| pair.server.returned.caught_up_99_seconds),
            caught_up_seconds: median(|pair| pair.server.returned.caught_up_seconds),
            floor_seconds: median(|pair| pair.floor.returned.joined_seconds),
            cpu_seconds: median(|pair| pair.server.cpu_seconds),
            floor_cpu_seconds: median(|pair| pair.floor.cpu_seconds),
            peak_accepts_per_100_ms: median(|pair| to_f64(pair.server.returned.upgrades_per_100_ms_max)),
            floor_peak_accepts_per_100_ms: median(|pair| to_f64(pair.floor.returned.upgrades_per_100_ms_max)),
            restart_seconds: median(|pair| pair.server.restart_seconds),
            holes: sum(|returned| returned.lost),
            lost: sum(|returned| returned.lost),
            duplicated: sum(|returned| returned.duplicated),
            reordered: sum(|returned| returned.reordered),
            unrecovered: sum(|returned| returned.unrecovered),
            missing: pairs
                .iter()
                .flat_map(|pair| [&pair.server, &pair.floor])
                .map(|storm| all.saturating_sub(storm.returned.joined as u64))
                .sum(),
            deliveries: sum(|returned| returned.deliveries),
            retries: sum(|returned| returned.retries),
            retried_why,
            pinned,
            machine,
            pairs,
        }
    }

    /// Whether all came back, to exactly where they were.
    pub fn is_clean(&self) -> bool {
        let wrong = [self.holes, self.duplicated, self.reordered, self.unrecovered, self.missing];
        !self.pairs.is_empty() && wrong.iter().all(|count| *count == 0)
    }
}

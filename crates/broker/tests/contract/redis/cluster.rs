//! Three masters that share the slots.

use super::server::PrivateRedis;
use crate::engines::redis_server::{Stands, settings};
use kkanbu_broker::redis::{Settings, Topology};
use std::time::Duration;

const SLOTS: u16 = 16_384;

pub(crate) struct Cluster {
    pub(crate) nodes: Vec<PrivateRedis>,
}

impl Cluster {
    /// Which of them has a slot at the start.
    fn share(slot: u16) -> usize {
        usize::from(slot) * 3 / usize::from(SLOTS)
    }
}

impl Stands for Cluster {
    fn start() -> Self {
        let more =
            ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no"];
        let nodes: Vec<_> = (0..3).map(|_| PrivateRedis::start(&more)).collect();
        for (node, index) in nodes.iter().zip(0..) {
            let mut words = vec!["CLUSTER".to_owned(), "ADDSLOTS".to_owned()];
            words.extend((0..SLOTS).filter(|slot| Self::share(*slot) == index).map(|slot| slot.to_string()));
            let _: () = node.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
            let _: () = node.run(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]);
        }
        for node in &nodes[1..] {
            let _: () = nodes[0].run(&["CLUSTER", "MEET", "127.0.0.1", &node.port.to_string()]);
        }
        let cluster = Self { nodes };
        let whole = |node: &PrivateRedis| {
            let info: String = node.run(&["CLUSTER", "INFO"]);
            info.contains("cluster_state:ok")
                && info.contains("cluster_slots_ok:16384")
                && info.contains("cluster_known_nodes:3")
        };
        for _ in 0..2_000 {
            if cluster.nodes.iter().all(whole) {
                return cluster;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the nodes did not become a cluster")
    }

    fn settings(&self) -> Settings {
        settings(self.nodes.iter().map(PrivateRedis::url).collect(), Topology::Cluster)
    }

    fn servers(&self) -> Vec<&PrivateRedis> {
        self.nodes.iter().collect()
    }

    fn masters(&self) -> Vec<&PrivateRedis> {
        self.nodes.iter().collect()
    }

    fn holding(&self, key: &str) -> &PrivateRedis {
        let slot: u16 = self.nodes[0].run(&["CLUSTER", "KEYSLOT", key]);
        &self.nodes[Self::share(slot)]
    }
}

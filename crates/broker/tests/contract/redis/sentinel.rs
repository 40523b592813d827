//! A master, its replica, and a sentinel who knows which is which.

use super::server::{PrivateRedis, free_port, run_as};
use crate::engines::redis_server::{Stands, settings};
use kkanbu_broker::redis::{Settings, Topology};
use std::process::Child;
use std::time::Duration;

const SERVICE: &str = "logs";

pub(crate) struct Sentinel {
    pub(crate) master: PrivateRedis,
    pub(crate) replica: PrivateRedis,
    port: u16,
    _folder: tempfile::TempDir,
    child: Child,
}

impl Sentinel {
    pub(crate) fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> redis::RedisResult<T> {
        let mut command = redis::cmd("SENTINEL");
        for word in words {
            command.arg(word);
        }
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port))?;
        command.query(&mut client.get_connection_with_timeout(Duration::from_millis(500))?)
    }

    /// Whom it takes for the master, by port.
    pub(crate) fn named(&self) -> Option<u16> {
        self.ask::<(String, u16)>(&["GET-MASTER-ADDR-BY-NAME", SERVICE]).ok().map(|(_, port)| port)
    }
}

impl Stands for Sentinel {
    fn start() -> Self {
        let master = PrivateRedis::start(&[]);
        let replica = PrivateRedis::start(&["--replicaof", "127.0.0.1", &master.port.to_string()]);
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let file = folder.path().join("sentinel.conf");
        let lines = format!(
            "port {port}\nbind 127.0.0.1\nprotected-mode no\ndir {}\nsentinel monitor {SERVICE} 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds {SERVICE} 500\nsentinel failover-timeout {SERVICE} 3000\n",
            folder.path().display(),
            master.port
        );
        std::fs::write(&file, lines).unwrap();
        let arguments = [file.display().to_string(), "--sentinel".to_owned()];
        let child = run_as("redis-sentinel", &arguments, &folder.path().join("log"));
        let sentinel = Self { master, replica, port, _folder: folder, child };
        let ready = || {
            let said: String = sentinel.master.run(&["INFO", "replication"]);
            said.contains("state=online") && sentinel.named() == Some(sentinel.master.port)
        };
        for _ in 0..2_000 {
            if ready() {
                return sentinel;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the sentinel did not find its master")
    }

    fn settings(&self) -> Settings {
        let service = Topology::Sentinel { service: SERVICE.to_owned() };
        Settings { replicas: 1, ..settings(vec![format!("redis://127.0.0.1:{}", self.port)], service) }
    }

    fn servers(&self) -> Vec<&PrivateRedis> {
        vec![&self.master, &self.replica]
    }

    fn masters(&self) -> Vec<&PrivateRedis> {
        vec![&self.master]
    }

    fn holding(&self, _: &str) -> &PrivateRedis {
        &self.master
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

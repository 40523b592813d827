//! A crash writes no memory to the disk, where keys and posts of that moment would lie about.

use crate::site::Site;
use crate::story::Cast;
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_leaves_no_memory_on_the_disk() {
    let mut site = Site::made();
    // As much as this user may have, so that it is not the test's surroundings that prevent it.
    site.serves("ulimit -S -c $(ulimit -H -c);");
    let cast = Cast::gather(&site).await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", site.process())).unwrap();
    let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().next(), Some("0"), "{limits}");
    site.ends_by("-ABRT");
    cast.go().await;
    assert_eq!(fs::read_dir(site.path("cwd")).unwrap().count(), 0);
}

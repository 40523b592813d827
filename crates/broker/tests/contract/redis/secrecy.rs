//! Nothing that names a programme, a room or a member, and nothing that was said, is anywhere in Redis.

use super::node;
use crate::engines::redis_server::raw;
use crate::harness::{CONTENT_KEY, Follower, PLAZA, post_of, publish};
use crate::redis::server::PrivateRedis;
use kkanbu_broker::Broker;
use kkanbu_model::Offset;

const TEXT: &str = "과장님께는 비밀인 카나리아";
const HANDLE: &str = "소심한 두루미";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn canaries_are_nowhere_in_redis() {
    let server = PrivateRedis::start(&["--slowlog-max-len", "1000", "--slowlog-log-slower-than", "0"]);
    let (one, other) = (node(&server).await, node(&server).await);
    let mut follower = Follower::after(&*other, &PLAZA, Offset::ZERO).await;
    for _ in 0..20 {
        publish(&*one, &PLAZA, post_of(HANDLE, TEXT)).await;
    }
    follower.until(Offset::new(20)).await;
    one.erase(&PLAZA, &[Offset::new(3)]).await.unwrap();
    one.trim(&PLAZA, Offset::new(3)).await.unwrap();

    let forms = |text: &str| {
        let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let hex = text.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
        vec![text.as_bytes().to_vec(), utf16, hex, format!("{:?}", text.as_bytes()).into_bytes()]
    };
    let holding = |sought: &[Vec<u8>]| -> Vec<String> {
        let holds =
            |bytes: &[u8]| sought.iter().any(|sought| bytes.windows(sought.len()).any(|window| window == sought));
        raw(&server).into_iter().filter(|(_, bytes)| holds(bytes)).map(|(part, _)| part).collect()
    };
    let mut sought: Vec<_> = [TEXT, HANDLE, "anyang", "plaza", "두루미"].into_iter().flat_map(forms).collect();
    sought.push(CONTENT_KEY.to_vec());
    assert_eq!(holding(&sought), Vec::<String>::new());

    // The scan finds what is there, in a key's name, a value, an argument of the slow log and a client's name.
    let _: () = server.run(&["SET", "anyang-key", "plaza-value"]);
    let _: () = redis::cmd("CLIENT").arg("SETNAME").arg("anyang").query(&mut server.connect()).unwrap();
    let found = holding(&forms("anyang"));
    assert!(found.iter().any(|part| part.contains("KEYS")), "{found:?}");
    assert!(found.iter().any(|part| part.contains("appendonly")), "{found:?}");
    assert!(found.iter().any(|part| part.contains("SLOWLOG")), "{found:?}");
}

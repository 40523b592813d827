//! Who gets in, and every way in which a session ends.

use crate::harness::{Person, World, rejected, request, roomy};
use kkanbu_client::{JoinCode, Seed};
use kkanbu_model::Limits;
use kkanbu_wire::RejectCode;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message};

const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_join_code_is_needed_once_and_gives_its_role() {
    let world = World::start().await;
    let mut person = world.stranger().await;
    rejected(person.authenticate("anyang-2022", None).await, RejectCode::NotAdmitted);
    let code = world.code("anyang-2022", "mentee");
    let welcome = person.authenticate("anyang-2022", Some(&code)).await.unwrap();
    assert_eq!(welcome.role.id, "mentee");
    let mut again = Person::connect(&world.origin, world.address, person.seed()).await;
    // Another role's code changes nothing for somebody who has a seat.
    let other = world.code("anyang-2022", "mentor");
    let welcome = again.authenticate("anyang-2022", Some(&other)).await.unwrap();
    assert_eq!(welcome.role.id, "mentee");
}

#[tokio::test]
async fn a_preview_says_what_a_code_is_for_and_takes_no_seat() {
    let world = World::start().await;
    let code = world.code("anyang-2022", "mentor");
    for _ in 0..20 {
        let previewed = world.stranger().await.previews("anyang-2022", &code).await.unwrap();
        assert_eq!((previewed.role.name.as_str(), previewed.programme.retention_days), ("멘토", 30));
    }
    world.member("mentor").await;
    let mut guesser = world.stranger().await;
    for _ in 0..5 {
        rejected(guesser.previews("anyang-2022", "aaaabbbbccccdddd").await, RejectCode::WrongCode);
    }
    assert_eq!(guesser.end().await.0, 4500);
}

#[tokio::test]
async fn a_join_code_of_another_programme_is_refused() {
    let world = World::start().await;
    let mut person = world.stranger().await;
    let foreign = world.code("other-2023", "mentor");
    rejected(person.authenticate("anyang-2022", Some(&foreign)).await, RejectCode::WrongCode);
    rejected(person.authenticate("nowhere-2024", Some(&foreign)).await, RejectCode::UnknownProgramme);
    person.authenticate("other-2023", Some(&foreign)).await.unwrap();
}

#[tokio::test]
async fn a_signature_serves_one_challenge_of_one_connection() {
    let world = World::start().await;
    let code = JoinCode::new(world.code("anyang-2022", "mentor")).unwrap();
    let origin = world.origin.parse().unwrap();
    let mut person = world.stranger().await;
    let identity = person.identity("anyang-2022");
    let challenged = person.challenge("anyang-2022").await.unwrap();
    let answer = identity.answer(&challenged, &origin, Some(&code)).unwrap();

    // Replayed on another connection.
    let mut thief = world.stranger().await;
    thief.challenge("anyang-2022").await.unwrap();
    rejected(thief.authenticates_with(answer.clone()).await, RejectCode::BadSignature);
    // And where no challenge is out.
    rejected(thief.authenticates_with(answer.clone()).await, RejectCode::NoChallenge);

    // A newer challenge replaces the one that was signed.
    person.challenge("anyang-2022").await.unwrap();
    rejected(person.authenticates_with(answer).await, RejectCode::BadSignature);

    // A signature for another programme does not serve, though the key is right for it.
    let other = person.challenge("other-2023").await.unwrap();
    let foreign = person.identity("other-2023").answer(&other, &origin, Some(&code)).unwrap();
    person.challenge("anyang-2022").await.unwrap();
    rejected(person.authenticates_with(foreign).await, RejectCode::BadSignature);
}

#[tokio::test]
async fn too_many_failed_attempts_close_the_session() {
    let world = World::start().await;
    let mut person = world.stranger().await;
    for _ in 0..5 {
        rejected(person.authenticate("anyang-2022", Some("aaaabbbbccccdddd")).await, RejectCode::WrongCode);
    }
    assert_eq!(person.end().await, (4500, "too_many_attempts".into()));
}

#[tokio::test]
async fn nothing_but_a_challenge_is_answered_before_authentication() {
    let world = World::start().await;
    let mut person = world.stranger().await;
    rejected(person.joins("plaza").await, RejectCode::NotAuthenticated);
    rejected(person.posts("plaza", "x").await, RejectCode::NotAuthenticated);
    rejected(person.history("plaza", None, 10).await, RejectCode::NotAuthenticated);
    person.authenticate("anyang-2022", Some(&world.code("anyang-2022", "mentor"))).await.unwrap();
    rejected(person.challenge("anyang-2022").await, RejectCode::AlreadyAuthenticated);
}

#[tokio::test]
async fn an_unauthenticated_session_is_closed() {
    let world = World::with(Limits { authenticate: SHORT, ..roomy() }).await;
    let mut person = world.stranger().await;
    assert_eq!(person.end().await, (4003, "unauthenticated".into()));
    let mut member = world.in_plaza("mentor").await;
    tokio::time::sleep(SHORT * 2).await;
    member.posts("plaza", "still here").await.unwrap();
}

#[tokio::test]
async fn a_silent_session_is_closed_and_one_that_answers_pings_is_not() {
    let limits = Limits { heartbeat: SHORT / 4, silence_max: SHORT, ..roomy() };
    let world = World::with(limits).await;
    // tungstenite answers pings only while it is read.
    let mut deaf = world.in_plaza("mentor").await;
    let mut attentive = world.in_plaza("mentee").await;
    let listening = timeout(SHORT * 3, attentive.next_frame()).await;
    assert!(listening.is_err(), "the attentive one was closed: {listening:?}");
    attentive.posts("plaza", "still here").await.unwrap();
    assert_eq!(deaf.end().await.0, 4001);
}

#[tokio::test]
async fn a_slow_header_is_cut_off() {
    let world = World::with(Limits { header: SHORT, ..roomy() }).await;
    let mut socket = TcpStream::connect(world.address).await.unwrap();
    socket.write_all(b"GET /ws HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let mut rest = Vec::new();
    let began = Instant::now();
    timeout(Duration::from_secs(10), socket.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(began.elapsed() >= SHORT / 2);
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_is_closed() {
    let world = World::with(Limits { header: SHORT, ..roomy() }).await;
    let mut rest = Vec::new();
    let mut mute = TcpStream::connect(world.address).await.unwrap();
    timeout(Duration::from_secs(10), mute.read_to_end(&mut rest)).await.unwrap().unwrap();
    let mut once = TcpStream::connect(world.address).await.unwrap();
    once.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    timeout(Duration::from_secs(10), once.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(rest.starts_with(b"HTTP/1.1 200"));
}

/// A member in the plaza who will not read. Its receive buffer is small, so that the kernel does not take everything in its place.
async fn sleeper(world: &World) -> Person {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let stream = socket.connect(world.address).await.unwrap();
    let mut sleeper = Person::over(&world.origin, Box::new(stream), Seed::random()).await;
    sleeper.authenticate("anyang-2022", Some(&world.code("anyang-2022", "mentee"))).await.unwrap();
    sleeper.joins("plaza").await.unwrap();
    sleeper
}

#[tokio::test]
async fn a_live_session_that_falls_out_of_the_ring_is_a_slow_consumer() {
    // No deadline of writing comes to its help.
    let patient = Duration::from_mins(10);
    let limits = Limits { ring_publications_max: 32, write_stall_max: patient, silence_max: patient, ..roomy() };
    let world = World::with(limits).await;
    let mut writer = world.in_plaza("mentor").await;
    let mut sleeper = sleeper(&world).await;
    let body = "가".repeat(1_900);
    for _ in 0..600 {
        writer.posts("plaza", &body).await.unwrap();
        writer.next_publication().await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (code, _) = sleeper.end().await;
    assert!(matches!(code, 4002 | 1006), "{code}");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_closed_as_a_slow_consumer() {
    let limits = Limits { write_stall_max: SHORT, ..roomy() };
    let world = World::with(limits).await;
    let mut writer = world.in_plaza("mentor").await;
    let mut sleeper = sleeper(&world).await;
    let mut healthy = world.in_plaza("mentee").await;
    let body = "가".repeat(1_900);
    // More than the kernel's two socket buffers and the outbox hold.
    for _ in 0..600 {
        writer.posts("plaza", &body).await.unwrap();
        writer.next_publication().await;
        healthy.next_publication().await;
    }
    tokio::time::sleep(SHORT * 2).await;
    // Everything that had been sent arrives in order, then the end; nothing is dropped in between.
    let mut expected = 1;
    let end = loop {
        match sleeper.next_frame().await {
            Ok(_) => expected += 1,
            Err(frame) => break frame,
        }
    };
    assert!(expected < 600, "the sleeper got everything");
    assert!(end.is_none_or(|frame| u16::from(frame.code) == 4002));
    healthy.posts("plaza", "fine").await.unwrap();
}

#[tokio::test]
async fn the_oldest_session_of_a_member_gives_way() {
    let world = World::with(Limits { sessions_per_member_max: 2, ..roomy() }).await;
    let mut first = world.in_plaza("mentor").await;
    let mut second = world.again(&first).await;
    let mut third = world.again(&first).await;
    assert_eq!(first.end().await, (4501, "replaced".into()));
    second.joins("plaza").await.unwrap();
    third.joins("plaza").await.unwrap();
}

#[tokio::test]
async fn connections_over_the_limit_are_refused_and_the_rest_served() {
    let world = World::with(Limits { connections_max: 2, ..roomy() }).await;
    let mut first = world.in_plaza("mentor").await;
    let second = world.in_plaza("mentee").await;
    let stream = TcpStream::connect(world.address).await.unwrap();
    match client_async(request(&world.origin), stream).await {
        Err(tungstenite::Error::Http(response)) => assert_eq!(response.status(), 503),
        other => panic!("{other:?}"),
    }
    first.posts("plaza", "fine").await.unwrap();
    second.vanishes();
    let patience = Instant::now() + Duration::from_secs(10);
    while Instant::now() < patience {
        let stream = TcpStream::connect(world.address).await.unwrap();
        if client_async(request(&world.origin), stream).await.is_ok() {
            return;
        }
        tokio::time::sleep(SHORT / 10).await;
    }
    panic!("the place of the one who left was not given to another");
}

#[tokio::test]
async fn foreign_pages_and_other_protocols_are_refused() {
    let world = World::start().await;
    let status = async |change: fn(&mut tungstenite::http::HeaderMap)| {
        let mut request = request(&world.origin);
        change(request.headers_mut());
        let stream = TcpStream::connect(world.address).await.unwrap();
        match client_async(request, stream).await {
            Ok((_, response)) => response.status().as_u16(),
            Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(status(|_| {}).await, 101);
    let foreign = |h: &mut tungstenite::http::HeaderMap| {
        h.insert("Origin", HeaderValue::from_static("https://evil.example"));
    };
    assert_eq!(status(foreign).await, 403);
    let other = |h: &mut tungstenite::http::HeaderMap| {
        h.insert("Sec-WebSocket-Protocol", HeaderValue::from_static("kkanbu.v0"));
    };
    assert_eq!(status(other).await, 400);
}

#[tokio::test]
async fn breaches_of_rfc_6455_close_with_their_code() {
    let world = World::with(Limits { frame_bytes_max: 2_048, ..roomy() }).await;
    let mut big = world.in_plaza("mentor").await;
    big.sends(Message::text("x".repeat(2_049))).await.unwrap();
    assert_eq!(big.end().await.0, 1009);
    let mut binary = world.in_plaza("mentor").await;
    binary.sends(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(binary.end().await.0, 1003);
}

#[tokio::test]
async fn a_bad_frame_is_answered_and_the_session_goes_on() {
    let world = World::start().await;
    let mut person = world.in_plaza("mentor").await;
    let cut_off = "[".repeat(10_000);
    let deep = cut_off.clone() + &"]".repeat(10_000);
    let cases: [(&str, RejectCode); 9] = [
        (&cut_off, RejectCode::MalformedJson),
        ("not json", RejectCode::MalformedJson),
        (&deep, RejectCode::InvalidRequest),
        ("[]", RejectCode::InvalidRequest),
        (r#"{"jsonrpc":"2.0","method":"rooms","params":{}}"#, RejectCode::InvalidRequest),
        (r#"{"jsonrpc":"2.0","id":1,"method":"presence","params":{}}"#, RejectCode::UnknownMethod),
        (r#"{"jsonrpc":"2.0","id":1,"method":"rooms","params":{"all":true}}"#, RejectCode::InvalidParams),
        (r#"{"jsonrpc":"2.0","id":1,"method":"join","params":{"room":7}}"#, RejectCode::InvalidParams),
        (r#"{"jsonrpc":"2.0","id":1,"method":"join","params":{"room":"\ud800"}}"#, RejectCode::MalformedJson),
    ];
    for (frame, code) in cases {
        person.says_raw(frame).await;
        let (_, result) = person.next_reply().await;
        rejected(result, code);
    }
    person.posts("plaza", "still here").await.unwrap();
}

#[tokio::test]
async fn draining_tells_when_to_come_back() {
    let mut world = World::start().await;
    let mut people = Vec::new();
    for _ in 0..5 {
        people.push(world.in_plaza("mentor").await);
    }
    let stopping = async { assert!(world.stop().await) };
    let ending = async {
        let mut waits = Vec::new();
        for person in &mut people {
            let (code, reason) = person.end().await;
            assert_eq!(code, 4000);
            waits.push(reason.strip_prefix("come back in ").unwrap().parse::<u64>().unwrap());
        }
        waits
    };
    let ((), waits) = tokio::join!(stopping, ending);
    assert!(waits.iter().any(|wait| *wait != waits[0]), "all come back at once: {waits:?}");
    assert_eq!(Seed::random().expose_secret().len(), 16);
}

//! Promise P4, quiet: every field that the server can ever send, with the reason why it tells nobody who somebody is, who is there,
//! who comes or goes. A field that is not on this list does not reach a client before somebody wrote its reason down.

use crate::files::{schemas, vectors};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Each field of frames to clients, and why it may be told.
const MAY_BE_TOLD: &[(&str, &str)] = &[
    // The frame.
    ("jsonrpc", "a constant"),
    (
        "id",
        "in a reply the client's own number for its command; elsewhere a programme's or role's id, chosen by organisers",
    ),
    ("result", "holds what is below"),
    ("error", "holds what is below"),
    ("method", "one of two constants"),
    ("params", "holds what is below"),
    // Rejections: they answer one's own command.
    ("code", "a row of a table; `left` and `removed` end a room for the sessions of the same member only"),
    ("message", "a row of the reject table"),
    ("data", "holds what is below"),
    ("detail", "what was wrong with one's own frame"),
    ("retry_after_ms", "one's own allowance, or one's own last post in a slow room"),
    ("muted_until", "of oneself; no frame that several get holds it, and nobody is told of others' mutes"),
    ("findings", "places in one's own text"),
    ("kind", "what was found in one's own text; in a publication what happened in the room"),
    ("start", "a place in one's own text"),
    ("end", "a place in one's own text"),
    // Challenge: public, but for the nonce, which is random.
    ("algorithm", "a constant"),
    ("server", "the origin that the client was given"),
    ("purpose", "a constant"),
    ("nonce", "random, for one connection"),
    // Programme and limits: the same for everybody.
    ("programme", "which programme, and what organisers say of it"),
    ("name", "of a programme, role or room, chosen by organisers; of no person"),
    ("organisation", "who runs the programme; the same for everybody"),
    ("language", "of all handles of the programme; nobody chooses one's own"),
    ("purposes", "what organisers say of the programme; the same for everybody"),
    ("timezone", "of the programme's dates, chosen by organisers; of no person"),
    ("retention_days", "the same for everybody"),
    ("roles", "the roles that one's own meets, as organisers announced them, whether or not anybody has them"),
    ("seats", "how many there are, as announced; never how many are taken or free"),
    ("admission", "how people get into a role, as announced"),
    ("eligibility", "who may get into a role, in the organisers' words"),
    ("answers", "what a role may do, whoever has it"),
    ("limits", "holds what is below"),
    ("frame_bytes_max", "the same for everybody"),
    ("body_graphemes_max", "the same for everybody"),
    ("body_bytes_max", "the same for everybody"),
    ("mentions_max", "the same for everybody"),
    ("history_posts_max", "the same for everybody"),
    ("posts_per_minute", "the same for everybody"),
    ("posts_burst", "the same for everybody"),
    ("heartbeat_seconds", "the same for everybody"),
    ("rooms_max", "the same for everybody"),
    // Rooms.
    ("rooms", "the rooms open to one's own role, whoever is in them"),
    ("room", "a room's id, chosen by organisers"),
    ("size", "a band; one coming or going is not seen but where a band's edge is crossed"),
    ("frozen", "what a moderator did to the room"),
    ("slow_seconds", "what a moderator did to the room"),
    ("notice", "what a moderator says in the room"),
    ("text", "what a moderator says in the room"),
    ("phase", "a room's dates, set by organisers, against the clock"),
    ("opens", "a date set by organisers, whether or not anybody comes"),
    ("closes", "a date set by organisers"),
    ("topic", "what organisers announce of a room"),
    ("next", "the room that opens next, the same for everybody of the programme, whether or not one may enter it"),
    ("handle", "one's own"),
    ("position", "holds what is below"),
    ("epoch", "random, of the room's log"),
    ("offset", "the place of something written in the room's log; joining and leaving take none"),
    ("recovered", "of one's own session"),
    ("reason", "why one's own session lost continuity, or one's own room ended"),
    // Posts: what their authors chose to show.
    ("posts", "what was written, to members of the room"),
    ("more", "whether more was written"),
    ("author", "the handle of one who posted: random, of this room only"),
    ("role", "in a welcome or preview one's own; on a post a badge, there once five of that role are in the room"),
    ("body", "what the author wrote"),
    ("edited", "what the author did to the post"),
    ("retracted", "what the author did to the post"),
    ("hidden", "what a moderator did to the post"),
    ("question", "what the author chose to call the post"),
    ("answered", "what the author or one of a role that answers said of the question; not which of them"),
    ("on", "whether a question was marked as answered or as open again; not by whom"),
    ("reply_to", "what the author chose to answer"),
    ("mentions", "handles that have posted in this room"),
    ("minute", "when it was written, in whole minutes; of posting, never of being there"),
    ("target", "the post that something was done to"),
    ("mine", "whether it is one's own; in no frame that several get"),
    // Reactions: how many, never who.
    ("reactions", "emojis with numbers; in a welcome the few that there are"),
    ("reaction", "an emoji, one of the few that there are"),
    ("count", "how many reacted; not who, nor how many are there"),
];

fn told() -> BTreeMap<&'static str, &'static str> {
    let told: BTreeMap<_, _> = MAY_BE_TOLD.iter().copied().collect();
    assert_eq!(told.len(), MAY_BE_TOLD.len(), "a field is listed twice");
    told
}

/// Collects the names of all properties of a schema, at every depth.
pub(crate) fn names(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                found.extend(properties.keys().cloned());
            }
            map.values().for_each(|inner| names(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| names(inner, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Collects the names of all fields of a value, at every depth.
fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.keys().cloned());
            map.values().for_each(|inner| fields(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| fields(inner, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn clients_are_told_what_is_on_the_list_and_nothing_else() {
    let mut found = BTreeSet::new();
    for (file, schema) in schemas() {
        let of_clients = file == "command.json" || file.ends_with(".params.json");
        if !of_clients {
            names(&schema, &mut found);
        }
    }
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let listed: Vec<&str> = told().into_keys().collect();
    assert_eq!(found, listed, "a field is new, or gone: write down why it tells nothing about who is there");
}

#[test]
fn the_vectors_hold_every_field_of_the_list_and_no_other() {
    #[derive(Deserialize)]
    struct Sent {
        frame: String,
        means: Option<String>,
    }
    let mut found = BTreeSet::new();
    for name in ["replies", "rejections", "pushes"] {
        let now = vectors::<Sent>(name).into_iter().filter(|vector| vector.means.is_none());
        now.for_each(|vector| fields(&serde_json::from_str(&vector.frame).unwrap(), &mut found));
    }
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let listed: Vec<&str> = told().into_keys().collect();
    assert_eq!(found, listed);
}

/// What is of one member alone, so that no frame which several get may hold it.
const ONE_S_OWN: [&str; 8] = ["mine", "handle", "position", "id", "size", "retry_after_ms", "findings", "muted_until"];

/// The names of the fields of a push's parameters.
fn push_fields(push: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    names(&schemas()[&format!("{push}.push.json")], &mut found);
    found
}

#[test]
fn a_push_that_several_get_holds_nothing_of_one_s_own() {
    let schemas = schemas();
    let pushes: Vec<&str> = schemas.keys().filter_map(|file| file.strip_suffix(".push.json")).collect();
    assert_eq!(pushes, ["muted", "phase", "publication", "room_ended"], "a push is new: say below who gets it");
    let mut frame = BTreeSet::new();
    names(&schemas["push.json"], &mut frame);
    for found in [frame, push_fields("publication"), push_fields("room_ended"), push_fields("phase")] {
        for own in ONE_S_OWN {
            assert!(!found.contains(own), "{own} in a push would make it another for each member");
        }
    }
}

#[test]
fn a_mute_tells_the_one_that_it_concerns_the_room_and_the_time_and_no_more() {
    let found = push_fields("muted");
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["muted_until", "room"]);
}

#[test]
fn what_a_moderator_did_names_no_moderator_and_no_member() {
    #[derive(Deserialize)]
    struct Sent {
        frame: String,
        means: Option<String>,
    }
    for vector in vectors::<Sent>("pushes").into_iter().filter(|vector| vector.means.is_none()) {
        let push: Value = serde_json::from_str(&vector.frame).unwrap();
        let kind = push["params"]["kind"].as_str().unwrap_or_default();
        let moderation = ["hide", "restore", "freeze", "thaw", "slow", "notice", "settings", "answered"];
        let mut found = BTreeSet::new();
        fields(&push["params"], &mut found);
        let named = ["author", "by", "handle", "moderator"].iter().find(|name| found.contains(**name));
        assert!(!moderation.contains(&kind) || named.is_none(), "{kind}: {named:?}");
    }
}

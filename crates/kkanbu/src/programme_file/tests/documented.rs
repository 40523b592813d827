//! The document says what the reader does.

use super::*;

const DOCUMENT: &str = include_str!("../../../../../docs/PROGRAMMES.md");

fn examples() -> Vec<&'static str> {
    DOCUMENT.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_examples_of_the_document_are_programmes() {
    let [programme, mentor, plaza, relay] = examples()[..] else { panic!("{:?}", examples()) };
    let mentee = "[[role]]\nid = \"mentee\"\nname = \"멘티\"\nseats = 37\n";
    let anyang = read(&format!("{programme}{mentor}{mentee}{plaza}")).unwrap().programme;
    assert_eq!(anyang.rooms[0].seats_per_role, Some(20));
    assert_eq!(days(&anyang, &anyang.rooms[0]), (Some(date(2022, 10, 4)), Some(date(2022, 11, 30))));
    assert!(anyang.roles[0].answers);
    let relay = read(relay).unwrap().programme;
    assert_eq!(relay.rooms[1].topic.as_ref().unwrap().as_str(), "봄맞이 도시락 토크");
}

#[test]
fn every_field_is_in_the_document() {
    let known = faults("[programme]\nx = 1\n[[role]]\nx = 1\n[[room]]\nx = 1\n[[relay]]\nx = 1\n");
    let lists = known.iter().filter_map(|fault| fault.what.split_once("known are ")).map(|(_, list)| list);
    let fields: Vec<&str> = lists.flat_map(|list| list.split(", ")).collect();
    assert!(fields.len() > 20, "{fields:?}");
    for field in fields {
        assert!(examples().iter().any(|example| example.contains(&format!("{field} = "))), "{field} is in no example");
    }
}

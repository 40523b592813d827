//! A programme as the text of a programme file.

use kkanbu_model::{Name, Programme, Role, Room};
use toml::{Table, Value};

/// The programme's definition without its dates: all of its rooms are open. What the relay made of departments stands there as the
/// roles and rooms that it became.
pub(crate) fn without_dates(programme: &Programme) -> String {
    let mut header = Table::new();
    header.insert("id".to_owned(), programme.id.as_str().into());
    header.insert("name".to_owned(), programme.name.as_str().into());
    header.insert("organisation".to_owned(), programme.organisation.as_str().into());
    header.insert("language".to_owned(), programme.language.tag().into());
    header.insert("timezone".to_owned(), programme.timezone.as_str().into());
    header.insert("purposes".to_owned(), texts(programme.purposes.iter().map(Name::as_str)));
    header.insert("retention_days".to_owned(), i64::from(programme.retention_days).into());
    let mut file = Table::new();
    file.insert("programme".to_owned(), header.into());
    file.insert("role".to_owned(), programme.roles.iter().map(role).collect::<Vec<_>>().into());
    file.insert("room".to_owned(), programme.rooms.iter().map(room).collect::<Vec<_>>().into());
    file.to_string()
}

fn role(role: &Role) -> Table {
    let mut table = Table::new();
    table.insert("id".to_owned(), role.id.as_str().into());
    table.insert("name".to_owned(), role.name.as_str().into());
    table.insert("seats".to_owned(), i64::from(role.seats).into());
    table.insert("admission".to_owned(), role.admission.as_str().into());
    table.insert("answers".to_owned(), role.answers.into());
    if let Some(eligibility) = &role.eligibility {
        table.insert("eligibility".to_owned(), eligibility.as_str().into());
    }
    table
}

fn room(room: &Room) -> Table {
    let mut table = Table::new();
    table.insert("id".to_owned(), room.id.as_str().into());
    table.insert("name".to_owned(), room.name.as_str().into());
    table.insert("roles".to_owned(), texts(room.roles.iter().map(kkanbu_model::RoleId::as_str)));
    if let Some(seats) = room.seats_per_role {
        table.insert("seats_per_role".to_owned(), i64::from(seats).into());
    }
    if let Some(topic) = &room.topic {
        table.insert("topic".to_owned(), topic.as_str().into());
    }
    table
}

fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    Value::Array(texts.map(Value::from).collect())
}

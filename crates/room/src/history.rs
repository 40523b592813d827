//! History by page: posts as they stand now.

use crate::{PostState, RoomState};
use kkanbu_model::Offset;

/// A post in a page of history.
#[derive(Debug, Clone, Copy)]
pub struct HistoryPost<'a> {
    /// Its place.
    pub offset: Offset,
    /// What it is now.
    pub post: &'a PostState,
}

/// A page of history.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// Posts, oldest first.
    pub posts: Vec<HistoryPost<'a>>,
    /// Whether there are older ones.
    pub more: bool,
}

impl RoomState {
    /// The newest posts below `before` that `wanted` names: at most `limit`, and no more than fit `budget` by `cost`; but always one, where there is one.
    pub fn page(
        &self,
        before: Option<Offset>,
        wanted: impl Fn(&PostState) -> bool,
        limit: usize,
        budget: usize,
        cost: impl Fn(&PostState) -> usize,
    ) -> Page<'_> {
        let mut posts = Vec::new();
        let mut spent = 0_usize;
        let mut older = self.posts_before(before).filter(|(_, post)| wanted(post)).peekable();
        while let Some((offset, post)) = older.peek() {
            spent = spent.saturating_add(cost(post));
            if posts.len() == limit || (spent > budget && !posts.is_empty()) {
                break;
            }
            posts.push(HistoryPost { offset: *offset, post });
            older.next();
        }
        let more = older.peek().is_some();
        posts.reverse();
        Page { posts, more }
    }
}

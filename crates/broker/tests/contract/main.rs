//! The broker's contract, written once and run unchanged for every engine.
//!
//! Table of contents:
//!
//! - `harness`: what an engine brings to be tested, and words to tell a test's story with
//! - `engines`: the engines under test
//!   - `memory_sqlite`: the memory engine over its journal for servers
//!   - `memory_fault`: the memory engine over a journal that loses, fails and stalls on command
//!   - `redis_server`: the Redis engine on one real server; on a replicated one with a sentinel and on a cluster of three,
//!     from `redis`
//! - `suite`: the contract itself
//!   - `order`: one order a room, for readers and subscribers
//!   - `idempotency`: a retried command is one publication
//!   - `state`: `Stale`, and what moves the version on
//!   - `races`: last seat, same handle, post against freeze
//!   - `subscriptions`: resume without hole or duplicate, near and far behind
//!   - `epochs`: what a new epoch changes and what it leaves
//!   - `storage`: failing, restarting, damaged and destroyed storage; limits; closing
//!   - `retention`: texts and publications that are taken out, for good and from the files
//!   - `retention_feeds`: what readers and subscribers see of that
//!   - `at_rest`: what lies on the disk tells nothing
//! - `durability`: nothing acknowledged or delivered is lost, by random schedules of crashes and failures
//! - `retention_faults`: what is taken out stays out, and what stays is there, whichever step fails
//! - `linger`: when publications are written, alone or together, and when they settle
//! - `sqlite_kill`: the same for the real file, as a killed process leaves it
//! - `snapshots`: consistent copies, made by another process while the server writes
//! - `measure`: how long publishing waits while a long log is shortened; run on demand
//! - `redis`: real Redis servers, and what the Redis engine promises beyond the suite
//! - `other_process`: runs one of these tests in a process of its own

#[cfg(test)]
mod durability;
#[cfg(test)]
mod engines;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod linger;
#[cfg(test)]
mod measure;
#[cfg(test)]
mod other_process;
#[cfg(test)]
mod redis;
#[cfg(test)]
mod retention_faults;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod sqlite_kill;
#[cfg(test)]
mod suite;

/// Makes a test of every rule named, for one engine.
macro_rules! rules {
    ($engine:ty, $module:ident: $($rule:ident),+ $(,)?) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $rule() {
                    crate::harness::run(async |engine: &$engine| crate::suite::$module::$rule(engine).await).await;
                }
            )+
        }
    };
}

/// The whole suite for one engine.
macro_rules! contract {
    ($name:ident, $engine:ty) => {
        mod $name {
            rules!($engine, order:
                offsets_rise_by_one_from_one,
                an_untouched_room_stands_at_zero_in_an_epoch_that_stays,
                rooms_do_not_share_offsets,
                concurrent_publishers_make_one_order_for_all,
                what_was_acknowledged_can_be_read_at_once,
                pages_follow_on_each_other,
                an_event_comes_back_as_it_was_published,
            );
            rules!($engine, idempotency:
                the_same_key_is_the_same_publication,
                concurrent_tries_of_one_key_make_one_publication,
                a_key_is_remembered_after_a_restart,
                a_key_is_remembered_across_epochs,
                a_key_that_said_something_else_is_refused,
                a_retry_on_an_old_state_is_a_duplicate_and_not_stale,
                a_key_counts_in_its_room_only,
                a_found_key_tells_offset_and_fingerprint,
            );
            rules!($engine, state:
                a_decision_on_an_old_state_is_stale,
                posts_do_not_move_the_version,
                stale_names_a_version_that_subscribers_reach,
                a_stale_entry_is_not_in_the_log_and_its_key_is_free,
                the_version_survives_a_restart,
            );
            rules!($engine, races:
                the_last_seats_go_to_exactly_as_many,
                one_handle_goes_to_one_member,
                nothing_is_posted_after_a_freeze,
            );
            rules!($engine, subscriptions:
                a_subscription_gives_what_is_kept_and_then_what_comes,
                resuming_while_publishing_goes_on_has_no_hole_and_no_duplicate,
                a_subscriber_far_behind_gets_everything,
                a_dropped_wait_loses_nothing,
                a_position_beyond_the_head_counts_as_the_head,
                many_subscribers_see_the_same,
            );
            rules!($engine, epochs:
                a_new_epoch_is_told_once_and_offsets_go_on,
                what_came_before_a_new_epoch_is_handed_out_before_it_is_told,
                positions_of_another_epoch_are_a_gap,
                an_epoch_survives_a_restart,
            );
            rules!($engine, storage:
                a_failed_write_is_told_and_the_next_try_works,
                a_restart_keeps_everything,
                a_damaged_record_is_named_and_never_skipped,
                what_has_expired_is_a_gap_and_subscriptions_begin_after_it,
                a_position_ahead_of_the_log_is_a_gap,
                a_destroyed_programme_ends_its_subscriptions_and_leaves_others,
                a_programme_without_a_key_is_unknown,
                a_full_queue_is_told_and_holds_nobody_up,
                closing_writes_what_waits,
                a_closed_log_answers_closed,
                a_check_asks_the_storage,
            );
            rules!($engine, retention:
                an_erased_publication_keeps_its_place_and_loses_its_text,
                an_erased_command_is_still_one_publication,
                what_was_erased_is_in_no_file,
                erasing_skips_what_has_no_text_and_what_is_not_there,
                what_does_not_open_is_named_and_the_others_are_erased,
                a_trimmed_log_begins_later_and_goes_on,
                trimming_never_goes_back_nor_beyond_the_head,
                what_was_trimmed_is_in_no_file,
                a_trimmed_key_may_be_published_again_as_something_new,
                rooms_that_are_not_in_memory_are_shortened_too,
                somebody_who_reads_aside_delays_but_loses_nothing,
                what_a_reader_had_delayed_is_in_no_file_after_the_next_start,
                a_failed_write_is_told_and_calling_again_finishes,
            );
            rules!($engine, retention_feeds:
                whoever_has_seen_what_was_trimmed_is_told_nothing,
                a_subscriber_behind_is_told_the_gap_once,
                a_subscriber_that_has_seen_nothing_begins_where_the_log_does,
                a_gap_before_a_new_epoch_is_told_before_it,
                a_subscriber_that_catches_up_while_the_log_is_trimmed_misses_nothing_untold,
                nobody_reads_a_text_after_it_was_erased,
                publishing_goes_on_while_a_long_log_is_shortened,
            );
            rules!($engine, at_rest:
                bodies_names_and_keys_are_not_in_the_data,
                equal_posts_differ_and_lengths_are_padded,
                another_key_opens_nothing,
            );
        }
    };
}

contract!(memory_sqlite, crate::engines::memory_sqlite::MemorySqlite);
contract!(memory_fault, crate::engines::memory_fault::MemoryFault);
contract!(redis_server, crate::engines::redis_server::RedisServer);
contract!(redis_sentinel, crate::engines::redis_server::RedisEngine<crate::redis::sentinel::Sentinel>);
contract!(redis_cluster, crate::engines::redis_server::RedisEngine<crate::redis::cluster::Cluster>);

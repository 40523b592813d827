//! The rules of the contract, one function each, for any engine.

pub(crate) mod acts;
pub(crate) mod at_rest;
pub(crate) mod handles;
pub(crate) mod history;
pub(crate) mod lasting;
pub(crate) mod programmes;
pub(crate) mod rooms;
pub(crate) mod sanctions;
pub(crate) mod seats;
pub(crate) mod seen;

/// Runs every rule for one engine. A rule that is not listed here is dead code, which the lints refuse.
macro_rules! every_store_passes {
    ($name:ident, $engine:ty) => {
        mod $name {
            crate::suite::every_store_passes! { @rules $engine;
                programmes: creating_the_same_again_does_nothing, another_definition_of_the_same_id_is_refused,
                    programmes_are_listed_by_id_also_without_keys, a_programme_without_key_is_unknown,
                    a_wrong_key_is_noticed, a_destroyed_programme_is_gone_and_the_other_stays,
                    destroying_again_does_nothing, a_destroyed_programme_leaves_no_bytes,
                    unknown_rooms_and_programmes_are_named, a_working_store_checks_out,
                    a_closed_store_says_so;
                seats: the_last_seats_go_to_exactly_as_many, seats_stay_taken_over_a_restart,
                    a_seat_is_kept_with_its_role, the_same_key_racing_for_two_roles_gets_one,
                    roles_have_seats_of_their_own, an_unknown_role_has_no_seat, programmes_share_no_seats;
                rooms: joining_needs_a_seat_in_the_programme, a_room_is_for_its_roles,
                    joining_again_keeps_the_membership, room_seats_are_never_overbooked,
                    room_seats_are_counted_by_role, leaving_frees_the_seat, leaving_twice_says_so,
                    joining_again_after_leaving_makes_a_stranger, members_are_counted_by_role,
                    memberships_are_found_in_all_rooms;
                handles: one_of_many_gets_the_handle, a_handle_may_be_used_in_two_rooms,
                    a_handle_that_never_posted_is_free_again, a_handle_that_posted_is_nobody_elses,
                    a_redraw_frees_the_old_handle, a_taken_handle_is_not_drawn, the_own_handle_is_taken_too,
                    after_the_first_post_the_handle_stays, only_the_current_handle_can_be_marked,
                    redraw_and_first_post_never_both_happen, only_members_redraw;
                acts: an_act_is_entered_once, a_key_is_for_one_act, an_unknown_handle_writes_nothing,
                    acts_are_pending_until_confirmed, what_is_sealed_needs_the_key, entries_are_read_in_pages,
                    creating_and_ending_are_entered_once, entries_outlive_their_programme,
                    acts_at_once_are_numbered_one_after_the_other, the_same_act_at_once_is_done_once,
                    acts_of_nowhere_are_refused, notices_of_any_length_are_kept;
                sanctions: a_mute_is_seen_wherever_the_membership_is, a_sanction_outlives_the_membership,
                    who_leaves_after_posting_is_sanctioned_by_the_handle_that_all_saw,
                    a_sanction_is_taken_back_by_either_handle, a_removed_member_stays_out,
                    a_removed_member_keeps_its_seat_and_is_not_counted, a_removed_member_that_left_is_readmitted,
                    a_removed_member_draws_and_posts_no_more, mute_and_removal_are_apart,
                    sanctions_are_of_one_room, a_sanctioned_handle_is_nobody_elses,
                    sanctions_are_there_after_a_restart_and_a_kill;
                seen: every_change_is_seen_by_the_next_read, readers_never_see_what_was_before_an_answer;
                lasting: everything_is_there_after_a_restart, everything_is_there_after_a_kill;
                at_rest: no_file_names_a_member, the_same_key_in_two_rooms_shares_no_bytes,
                    rows_tell_no_order, sealed_records_have_one_length, a_changed_record_is_noticed,
                    records_can_not_be_swapped, a_changed_role_is_noticed, no_file_tells_of_acts,
                    sanctions_have_one_length, a_sanction_does_not_tell_its_room;
            }

            #[test]
            fn random_history_is_that_of_the_model() {
                crate::suite::history::random_history_is_that_of_the_model::<$engine>();
            }
        }
    };
    (@rules $engine:ty; $($module:ident: $($rule:ident),+;)+) => {
        $(mod $module {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                crate::suite::$module::$rule::<$engine>().await;
            })+
        })+
    };
}

pub(crate) use every_store_passes;

"""Which handlers hear which topic, and what runs when: nothing registers itself."""

from __future__ import annotations

from app.accounts.second_factor import purge_devices
from app.accounts.services import purge_sign_ins
from app.accounts.tasks import (
    send_email_code,
    send_sign_in_link,
    tell_admin,
    tell_factor_changed,
)
from app.accounts.vigilance import purge_alarms
from app.alerts.tasks import (
    ask_to_confirm,
    ask_to_confirm_watch,
    care_for_alerts,
    follow_listings,
    send_digest,
    send_digests,
    tell_closed,
    tell_ending,
    tell_reopened,
)
from app.applications.erasing import purge_applications, purge_lookups
from app.applications.files import ask_again, read_again, sweep_files
from app.applications.measures import measure_all
from app.applications.pool import tell_ends
from app.applications.promise import end_silence, remind_members
from app.applications.seats import end_offers, remind_registered
from app.applications.tasks import (
    ask_to_keep,
    confirm_to_candidate,
    drop_file,
    follow_closing,
    follow_dates,
    measure_organisations,
    remind_member,
    remind_of_date,
    scan_file,
    send_letter,
    tell_candidate,
    tell_file_blocked,
    tell_member,
    tell_of_closing,
    tell_of_move,
    tell_pool_ends,
    tell_reply,
    tell_transfer,
    thank,
)
from app.core.jobs import Scheduled, purge_done, sweep_outbox
from app.core.limits import forget_counts
from app.core.outbox import Subscription
from app.core.sends import forget as forget_sends
from app.imports.tasks import drop_file as drop_import
from app.imports.tasks import purge as purge_imports
from app.imports.tasks import read_file, write_file
from app.listings.services import ask_due, expire_due, forget_contacts
from app.listings.tasks import hide_listings
from app.listings.tasks import tell_member as tell_listing_member
from app.main.missing import requeue
from app.organisations.services import purge_invitations, purge_sign_ups, sweep_pictures
from app.organisations.tasks import (
    drop_picture,
    send_invitation,
    send_sign_up,
    tell_answer,
    tell_decision,
    tell_owner_of_request,
)
from app.privacy.tasks import care_for_accounts, note_erasure, purge_ledger
from app.privacy.tasks import tell_ending as tell_account_ending
from app.privacy.tasks import tell_member as tell_of_erasure
from app.professions.correcting import apply_due
from app.reports.services import purge_reporters, tell_team
from app.reports.tasks import confirm_to_reporter, tell_reporter, tell_reviewer
from app.search.query_log import erase
from app.search.tasks import check_index, ensure_index, index_changed, measure_demand

SUBSCRIPTIONS: list[Subscription] = [
    Subscription("listing.changed", index_changed, batch=True),
    Subscription("listing.changed", follow_listings, batch=True),
    Subscription("listing.announced", tell_listing_member),
    Subscription("listing.closed", follow_closing),
    Subscription("listing.dates_changed", follow_dates),
    Subscription("organisation.suspended", hide_listings),
    Subscription("organisation.sign_up_requested", send_sign_up),
    Subscription("organisation.invited", send_invitation),
    Subscription("organisation.join_requested", tell_owner_of_request),
    Subscription("organisation.join_answered", tell_answer),
    Subscription("organisation.decided", tell_decision),
    Subscription("organisation.picture_dropped", drop_picture),
    Subscription("account.link_requested", send_sign_in_link),
    Subscription("account.code_requested", send_email_code),
    Subscription("account.factor_changed", tell_factor_changed),
    Subscription("account.alarm_raised", tell_admin),
    Subscription("application.received", confirm_to_candidate),
    Subscription("application.moved", tell_candidate),
    Subscription("application.came", thank),
    Subscription("application.announced", tell_member),
    Subscription("application.listing_closed", tell_of_closing),
    Subscription("application.date_moved", tell_of_move),
    Subscription("application.date_near", remind_of_date),
    Subscription("application.overdue", remind_member),
    Subscription("application.written", send_letter),
    Subscription("application.replied", tell_reply),
    Subscription("application.transferred", tell_transfer),
    Subscription("application.pool_asked", ask_to_keep),
    Subscription("application.pool_ends", tell_pool_ends),
    Subscription("application.answered", measure_organisations, batch=True),
    Subscription("application.file_received", scan_file),
    Subscription("application.file_blocked", tell_file_blocked),
    Subscription("application.file_dropped", drop_file),
    Subscription("application.erased", tell_of_erasure),
    Subscription("person.erased", note_erasure),
    Subscription("account.ending", tell_account_ending),
    Subscription("import.file_sent", read_file),
    Subscription("import.file_confirmed", write_file),
    Subscription("import.file_dropped", drop_import),
    Subscription("report.received", confirm_to_reporter),
    Subscription("report.arrived", tell_reviewer),
    Subscription("report.decided", tell_reporter),
    Subscription("alert.requested", ask_to_confirm),
    Subscription("alert.digest", send_digest),
    Subscription("alert.ending", tell_ending),
    Subscription("watch.requested", ask_to_confirm_watch),
    Subscription("watch.closed", tell_closed),
    Subscription("watch.reopened", tell_reopened),
]

SCHEDULE = [
    Scheduled("expire_listings", expire_due, minute="*/5"),
    # By day in Paris: a question that arrives at night is read last.
    Scheduled("ask_listings", ask_due, minute="12", hour="7-15"),
    Scheduled("remind_members", remind_members, minute="*/10"),
    Scheduled("end_silence", end_silence, minute="5-59/10", final=True),
    Scheduled("end_offers", end_offers, minute="2-59/5"),
    Scheduled("tell_team", tell_team, minute="4-59/5"),
    # By day in Paris.
    Scheduled("remind_registered", remind_registered, minute="22", hour="7-17"),
    # From seven in Paris, in any season; a worker that was away serves later in the day.
    Scheduled("send_digests", send_digests, minute="6-59/15", hour="5-18"),
    Scheduled("care_for_alerts", care_for_alerts, minute="42", hour="8", final=True),
    # Before the purge: a worker that was away tells first.
    Scheduled("tell_pool_ends", tell_ends, minute="32", hour="2", final=True),
    # Corrections of the base that hold from today: soon after midnight in Paris, in any season.
    Scheduled("apply_corrections", apply_due, minute="1", hour="22,23"),
    Scheduled("measure_answers", measure_all, minute="7", hour="3"),
    Scheduled("measure_demand", measure_demand, minute="27", hour="3"),
    Scheduled("ensure_index", ensure_index),
    Scheduled("check_index", check_index, minute="37", hour="3"),
    Scheduled("erase_searches", erase, minute="12", hour="2", final=True),
    Scheduled("sweep_outbox", sweep_outbox, minute="3-59/5"),
    Scheduled("requeue_missing", requeue, minute="34"),
    Scheduled("purge_outbox", purge_done, minute="17", hour="2", final=True),
    Scheduled("purge_applications", purge_applications, minute="47", hour="2", final=True),
    Scheduled("ask_antivirus_again", ask_again, minute="8-59/10"),
    Scheduled("read_files_again", read_again, minute="22", hour="1"),
    Scheduled("sweep_files", sweep_files, minute="57", hour="2", final=True),
    Scheduled("sweep_pictures", sweep_pictures, minute="52", hour="2", final=True),
    Scheduled("purge_sign_ups", purge_sign_ups, minute="7", hour="2", final=True),
    Scheduled("purge_invitations", purge_invitations, minute="2", hour="2", final=True),
    Scheduled("purge_imports", purge_imports, minute="7", hour="3", final=True),
    Scheduled("purge_reporters", purge_reporters, minute="7", hour="3", final=True),
    Scheduled("purge_sign_ins", purge_sign_ins, minute="27", hour="2", final=True),
    # By day in Paris: it may write to people.
    Scheduled("care_for_accounts", care_for_accounts, minute="47", hour="8", final=True),
    Scheduled("purge_lookups", purge_lookups, minute="22", hour="2", final=True),
    Scheduled("forget_contacts", forget_contacts, minute="52", hour="3", final=True),
    Scheduled("purge_ledger", purge_ledger, minute="42", hour="2", final=True),
    Scheduled("purge_devices", purge_devices, minute="37", hour="2", final=True),
    Scheduled("purge_alarms", purge_alarms, minute="42", hour="2", final=True),
    Scheduled("forget_sends", forget_sends, minute="22", hour="2", final=True),
    Scheduled("forget_counts", forget_counts, minute="24", hour="2", final=True),
]

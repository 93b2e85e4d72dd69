"""Writes of organisations. Nothing here commits: the caller ends the transaction."""

from app.organisations.services.invitations import (
    WrongPerson,
    accept_invitation,
    answer_join_request,
    ask_to_join,
    give_token,
    invite_member,
    purge_invitations,
    revoke_invitation,
)
from app.organisations.services.members import (
    LastOwner,
    OwnersOnly,
    add_member,
    change_role,
    leave_organisation,
    remove_member,
)
from app.organisations.services.opening import (
    InvalidOrganisation,
    add_establishment,
    create_organisation,
    open_establishment,
    update_establishment,
    update_organisation,
)
from app.organisations.services.pictures import (
    add_picture,
    delete_picture,
    describe_picture,
    move_picture,
    sweep_pictures,
)
from app.organisations.services.sign_up import (
    Entry,
    confirm_sign_up,
    purge_sign_ups,
    request_sign_up,
)
from app.organisations.services.verification import (
    ask_for_call,
    refuse_organisation,
    reinstate_organisation,
    release_numbers,
    send_again,
    suspend_organisation,
    verify_organisation,
)

__all__ = [
    "Entry",
    "InvalidOrganisation",
    "LastOwner",
    "OwnersOnly",
    "WrongPerson",
    "accept_invitation",
    "add_establishment",
    "add_member",
    "add_picture",
    "answer_join_request",
    "ask_for_call",
    "ask_to_join",
    "change_role",
    "confirm_sign_up",
    "create_organisation",
    "delete_picture",
    "describe_picture",
    "give_token",
    "invite_member",
    "leave_organisation",
    "move_picture",
    "open_establishment",
    "purge_invitations",
    "purge_sign_ups",
    "refuse_organisation",
    "reinstate_organisation",
    "release_numbers",
    "remove_member",
    "request_sign_up",
    "revoke_invitation",
    "send_again",
    "suspend_organisation",
    "sweep_pictures",
    "update_establishment",
    "update_organisation",
    "verify_organisation",
]

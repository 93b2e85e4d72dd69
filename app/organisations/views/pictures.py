"""The pictures of an organisation: those everybody sees, and the screen that arranges them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts.enums import MEMBER_ROLES
from app.core import clock, storage
from app.core.database import db
from app.core.i18n import _
from app.core.permissions import public, requires_role
from app.organisations import queries, services
from app.organisations.forms import AltForm, PictureForm
from app.organisations.models import PICTURES_MAX, Membership, Picture
from app.organisations.pictures import ACCEPT, MAX_BYTES, MEDIA_TYPE, PictureRefused, keep
from app.organisations.views.recruiter import owned

pictures = Blueprint("pictures", __name__)
recruiter_pictures = Blueprint(
    "recruiter_pictures", __name__, url_prefix="/recruter/structures/<int:organisation_id>/images"
)
member = requires_role(*MEMBER_ROLES)


@pictures.get("/structures/images/<string:digest>.webp")
@public
def show(digest: str) -> Any:
    """Give a picture of a verified organisation. An hour in caches: it may be taken away."""
    key = queries.published_picture(digest) or abort(404)
    response = _file(key, digest)
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.set_etag(digest)
    return response.make_conditional(request)


@recruiter_pictures.route("/", methods=["GET", "POST"])
@member
def index(organisation_id: int) -> Any:
    """Arrange the pictures of an organisation, and add one."""
    mine = owned(organisation_id)
    form = PictureForm()
    if not form.is_submitted():
        return _page(mine, form)
    # Ends the reading transaction: no lock is held while the picture is drawn and written.
    db.session.commit()
    if form.validate() and form.drawn is not None:
        kept = keep(form.drawn)
        organisation = owned(organisation_id).organisation
        try:
            services.add_picture(
                current_user, organisation, kept, form.alt.data or "", now=clock.now()
            )
        except PictureRefused as error:
            db.session.rollback()
            form.image.errors = [error.message]
        else:
            return _done(_("L’image est ajoutée."), organisation_id)
    return _page(owned(organisation_id), form), 422


@recruiter_pictures.get("/<int:picture_id>")
@member
def preview(organisation_id: int, picture_id: int) -> Any:
    """Give a picture to those responsible, even before the organisation is verified."""
    picture = _picture(organisation_id, picture_id)
    return _file(picture.small_key, picture.small_sha256)


@recruiter_pictures.post("/<int:picture_id>/decrire")
@member
def describe(organisation_id: int, picture_id: int) -> Any:
    """Change what a picture says to who cannot see it."""
    picture = _picture(organisation_id, picture_id)
    form = AltForm(prefix=f"p{picture_id}")
    if not form.validate():
        return _page(owned(organisation_id), PictureForm(formdata=None), form, picture_id), 422
    services.describe_picture(current_user, picture, form.alt.data or "")
    return _done(_("La description est changée."), organisation_id)


@recruiter_pictures.post("/<int:picture_id>/monter")
@member
def up(organisation_id: int, picture_id: int) -> Any:
    """Show a picture before the one it follows."""
    services.move_picture(current_user, _picture(organisation_id, picture_id), up=True)
    return _done(_("L’ordre est changé."), organisation_id)


@recruiter_pictures.post("/<int:picture_id>/descendre")
@member
def down(organisation_id: int, picture_id: int) -> Any:
    """Show a picture after the one it precedes."""
    services.move_picture(current_user, _picture(organisation_id, picture_id), up=False)
    return _done(_("L’ordre est changé."), organisation_id)


@recruiter_pictures.post("/<int:picture_id>/retirer")
@member
def delete(organisation_id: int, picture_id: int) -> Any:
    """Take a picture away."""
    picture = _picture(organisation_id, picture_id)
    services.delete_picture(current_user, picture, now=clock.now())
    return _done(_("L’image est retirée."), organisation_id)


def _page(
    mine: Membership, form: PictureForm, wrong: AltForm | None = None, wrong_id: int = 0
) -> str:
    shown = queries.pictures_of(mine.organisation_id)
    forms = {
        one.id: wrong
        if wrong is not None and one.id == wrong_id
        else AltForm(formdata=None, prefix=f"p{one.id}", data={"alt": one.alt})
        for one in shown
    }
    return render_template(
        "recruiter/pictures.html",
        organisation=mine.organisation,
        pictures=shown,
        forms=forms,
        form=form,
        wrong=wrong or form,
        room=PICTURES_MAX - len(shown),
        accept=ACCEPT,
        max_mb=MAX_BYTES // 2**20,
    )


def _picture(organisation_id: int, picture_id: int) -> Picture:
    owned(organisation_id)
    return queries.picture_in(organisation_id, picture_id) or abort(404)


def _file(key: str, sha256: str) -> Response:
    data = storage.read(key, sha256) or abort(404)
    response = Response(data, mimetype=MEDIA_TYPE)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = "inline"
    return response


def _done(message: str, organisation_id: int) -> Any:
    db.session.commit()
    flash(message, "ok")
    return redirect(url_for("recruiter_pictures.index", organisation_id=organisation_id), 303)

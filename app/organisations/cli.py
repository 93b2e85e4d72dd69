"""Commands that open accounts and organisations.

`accounts create` may attach the account to an organisation: it lives on the lowest floor that
knows both.
"""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app.accounts import passwords, second_factor
from app.accounts import services as accounts_services
from app.accounts.enums import Role
from app.accounts.models import User
from app.accounts.queries import user_by_email
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.organisations import queries, services
from app.organisations.enums import MemberRole, OrganisationKind
from app.organisations.models import Organisation

accounts = AppGroup("accounts", help="Comptes des personnes qui se connectent.")
organisations = AppGroup("organisations", help="Structures qui recrutent ou qui forment.")


@accounts.command("create")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice([str(role) for role in Role]))
@click.option("--name", default="", help="Nom affiché ; par défaut, le début de l'adresse.")
@click.option("--organisation", "slug", help="Identifiant de la structure dont elle est membre.")
@click.option("--password", "ask_password", is_flag=True, help="Demander un mot de passe.")
def create_account(email: str, role: str, name: str, slug: str | None, ask_password: bool) -> None:
    """Ouvrir un compte ; sans mot de passe, affiche un lien de connexion, valable une fois."""
    organisation = _organisation(slug) if slug else None
    password = None
    if ask_password:
        password = click.prompt("Mot de passe", hide_input=True, confirmation_prompt=True)
    now = clock.now()
    try:
        user = accounts_services.create_account(
            email, name=name, role=role, now=now, password=password
        )
    except DomainError as error:
        raise click.ClickException(error.message) from error
    if password is not None and passwords.is_guessable(password, user):
        raise click.ClickException("Ce mot de passe se devine : choisissez-en un autre.")
    if organisation is not None:
        services.add_member(organisation, user, now=now, role=MemberRole.OWNER)
    click.echo(f"Compte créé : {user.email} ({user.role})")
    if password is None:
        minutes = current_app.config["SIGN_IN_LINK_MINUTES"]
        _link_id, token = accounts_services.create_link(user, now=now, minutes=minutes)
        base_url = current_app.config["PUBLIC_BASE_URL"]
        click.echo(f"Lien de connexion ({minutes} min) : {base_url}/connexion/lien/{token}")
    db.session.commit()


@accounts.command("reset-second-factor")
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Retirer application, clés et codes d’une personne qui les a perdus, une fois sûr d’elle."""
    user, now = _account(email), clock.now()
    second_factor.start_over(user, now)
    accounts_services.close_sessions_of([user.id], now=now)
    db.session.commit()
    click.echo("Deuxième facteur retiré ; la personne est déconnectée partout.")


@accounts.command("suspend")
@click.argument("email")
def suspend_account(email: str) -> None:
    """Interdire la connexion à une personne ; ses sessions et ses liens s’arrêtent aussitôt."""
    accounts_services.suspend_account(_account(email), now=clock.now())
    db.session.commit()
    click.echo("Compte suspendu ; la personne est déconnectée partout.")


@accounts.command("reopen")
@click.argument("email")
def reopen_account(email: str) -> None:
    """Rendre la connexion à une personne suspendue."""
    _account(email).active = True
    db.session.commit()
    click.echo("Compte rouvert ; la personne peut se connecter.")


@accounts.command("sign-out")
@click.argument("email", required=False)
@click.option("--everyone", is_flag=True, help="Tous les comptes, après un incident.")
def sign_out(email: str | None, everyone: bool) -> None:
    """Fermer toutes les sessions d’une personne, ou de tout le monde."""
    if everyone == bool(email):
        raise click.UsageError("Donnez une adresse, ou --everyone.")
    people = [_account(email).id] if email else list(db.session.scalars(select(User.id)))
    accounts_services.close_sessions_of(people, now=clock.now())
    db.session.commit()
    click.echo(f"Comptes déconnectés : {len(people)}")


def _account(email: str) -> User:
    user = user_by_email(email)
    if user is None:
        raise click.ClickException("Aucun compte n'a cette adresse.")
    return user


@organisations.command("create")
@click.argument("name")
@click.option("--kind", required=True, type=click.Choice([str(kind) for kind in OrganisationKind]))
@click.option("--siren", help="Neuf chiffres.")
@click.option("--verified", is_flag=True, help="La dire vérifiée tout de suite.")
def create_organisation(name: str, kind: str, siren: str | None, verified: bool) -> None:
    """Ouvrir une structure et afficher son identifiant."""
    now = clock.now()
    try:
        organisation = services.create_organisation(name, kind=kind, siren=siren, now=now)
    except DomainError as error:
        raise click.ClickException(error.message) from error
    if verified:
        services.verify_organisation(None, organisation, now=now)
    db.session.commit()
    click.echo(f"Structure créée : {organisation.slug} ({organisation.status})")


@organisations.command("suspend")
@click.argument("slug")
def suspend_organisation(slug: str) -> None:
    """Suspendre une structure : ses membres sont déconnectés et n’en voient plus rien."""
    services.suspend_organisation(None, _organisation(slug), now=clock.now())
    db.session.commit()
    click.echo("Structure suspendue.")


def _organisation(slug: str) -> Organisation:
    organisation = queries.organisation_by_slug(slug)
    if organisation is None:
        raise click.ClickException(f"Aucune structure ne s'appelle « {slug} ».")
    return organisation

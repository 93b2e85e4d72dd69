"""People who sign in: sessions, passwords, links by e-mail, roles."""

from flask import Flask, g
from flask_login import LoginManager, current_user


def init_app(app: Flask) -> None:
    """Register the blueprints and commands of the feature, and who the current person is."""
    from app.accounts.views import passkeys, password, proof  # noqa: F401 - add routes to those
    from app.accounts.views.security import account
    from app.accounts.views.sign_in import accounts, user_of_cookie

    login_manager = LoginManager()
    # The session row is the protection: a cookie that names none opens nothing.
    login_manager.session_protection = None
    login_manager.user_loader(user_of_cookie)
    # A page that does not ask who is there, an error page above all, must not read the database.
    login_manager.init_app(app, add_context_processor=False)
    app.jinja_env.globals["current_user"] = current_user
    app.teardown_request(_forget_request)
    app.register_blueprint(accounts)
    app.register_blueprint(account)


def _forget_request(_error: BaseException | None) -> None:
    """Two requests may share an application context (commands, tests), but never what the first
    kept in `g`: its person, its token against forgery."""
    for name in list(g):
        g.pop(name)

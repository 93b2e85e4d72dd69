"""Entry point of servers and of the `flask` command."""

from app import create_app
from app.core.assets import serve_static_files

app = create_app()
app.wsgi_app = serve_static_files(app)  # type: ignore[method-assign]

"""Everything that serves people, started with what deploy/ ships."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import resource
import shlex
import shutil
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import Smtp
from tests.production import shipped
from tests.stack import wait_until
from tools.clamd import Clamd
from tools.meilisearch import Meilisearch
from tools.postgres import DATABASE, USER, Postgres
from tools.processes import Service, free_port, http_status

ROOT = shipped.ROOT
# What a version is not made of: what runs it is shared, the rest does not run.
NOT_INSTALLED = (".*", "__pycache__", "node_modules", "instance", "tests", "bench")
NAME = "localhost"
PROGRAMS = Path(sys.executable).parent
# Debian's own, with the two lines that docs/deploy.md asks for.
NGINX_MAIN = """
user {user};
worker_processes 2;
worker_rlimit_nofile 8192;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
    sendfile on;
    tcp_nopush on;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class SlowSmtp(Smtp):
    """A mail server that takes its time."""

    seconds = 0.0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep the message, after a while."""
        await asyncio.sleep(self.seconds)
        return await super().handle_DATA(server, session, envelope)


class Production:
    """Database, search, antivirus, mail, web, worker and nginx, on free ports of the loopback."""

    def __init__(self, folder: Path) -> None:
        # Slow connections are many, on both sides of the loopback.
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.folder = folder
        self.current = folder / "current"
        self.switch(self.install("one"))
        self.postgres = Postgres(durable=True)
        self.search = Meilisearch(folder / "search")
        self.antivirus = Clamd(folder / "antivirus")
        self.smtp, smtp_port = SlowSmtp(), free_port()
        self.smtp_controller = Controller(self.smtp, hostname="127.0.0.1", port=smtp_port)
        self.http_port, self.https_port = free_port(), free_port()
        self.url = f"https://{NAME}:{self.https_port}"
        # As systemd does: the address stays taken while what answers at it restarts.
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.web_port = self.socket.getsockname()[1]
        self.certificate = folder / "certificate.pem"
        self.environ = shipped.settings() | {
            "PATH": os.environ["PATH"],
            # What a shell that came by the link says.
            "PWD": str(self.current),
            "SECRET_KEY": "clef-de-production-de-quarante-caracteres",
            "PUBLIC_BASE_URL": self.url,
            "TRUSTED_HOSTS": NAME,
            "MAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
            "ANTIVIRUS_URL": self.antivirus.local_url,
            "DATA_DIR": str(folder / "data"),
            "METRICS_DIR": str(folder / "counts"),
            # By the socket of the machine, as in the example.
            "DATABASE_URL": f"postgresql://{USER}@/{DATABASE}"
            f"?host={self.postgres.folder}&port={self.postgres.port}",
            "MEILI_URL": self.search.url,
            "MEILI_API_KEY": self.search.api_key,
        }
        self.web = self._service(
            "prendre-soin-web.service",
            # Two processes are enough to take turns, and start faster than four.
            "--workers=2",
            f"--bind=fd://{self.socket.fileno()}",
            pass_fds=(self.socket.fileno(),),
        )
        self.worker = self._service("prendre-soin-worker.service")
        self.nginx = self._nginx()

    def _service(self, unit: str, *added: str, pass_fds: tuple[int, ...] = ()) -> Service:
        program, *words = shipped.command_of(unit)
        return Service(
            unit,
            [PROGRAMS / Path(program).name, *words, *added],
            env=self.environ,
            log_path=self.folder / "logs" / f"{unit}.log",
            cwd=self.current,
            pass_fds=pass_fds,
        )

    def install(self, version: str) -> Path:
        """Copy the code to the folder of a version; return it."""
        ours = self.folder / "versions" / version
        shutil.copytree(ROOT, ours, ignore=shutil.ignore_patterns(*NOT_INSTALLED))
        return ours

    def switch(self, version: Path) -> None:
        """Lead the link that the units name to this version, at once."""
        fresh = self.folder / "next"
        fresh.symlink_to(version)
        fresh.replace(self.current)

    def _nginx(self) -> Service:
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "nginx is not installed: apt-get install nginx-light"
        key = self.folder / "key.pem"
        make_certificate(self.certificate, key)
        user = "root" if os.geteuid() == 0 else psutil.Process().username()
        (self.folder / "nginx.conf").write_text(NGINX_MAIN.format(user=user, folder=self.folder))
        (self.folder / "site.conf").write_text(
            shipped.nginx_site(
                {
                    "listen 80;": f"listen 127.0.0.1:{self.http_port};",
                    "listen 443 ssl": f"listen 127.0.0.1:{self.https_port} ssl",
                    "server 127.0.0.1:8000": f"server 127.0.0.1:{self.web_port}",
                    "/etc/letsencrypt/live/soin.example.org/fullchain.pem": str(self.certificate),
                    "/etc/letsencrypt/live/soin.example.org/privkey.pem": str(key),
                    "/var/log/nginx/prendre-soin.log": str(self.folder / "nginx-site.log"),
                    "/opt/prendre-soin/current/": f"{self.current}/",
                    "/var/www/html": str(self.folder),
                    "https://soin.example.org$request_uri": f"{self.url}$request_uri",
                    "soin.example.org": NAME,
                }
            )
        )
        command = [program, "-p", self.folder, "-c", self.folder / "nginx.conf"]
        tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stderr
        assert "warn" not in tried.stderr, tried.stderr
        return Service(
            "nginx",
            [*command, "-g", "daemon off;"],
            env={"PATH": os.environ["PATH"]},
            log_path=self.folder / "logs" / "nginx.log",
            cwd=self.folder,
        )

    def prepare(self) -> None:
        """Start what the site stands on."""
        self.postgres.__enter__()
        self.search.start()
        self.antivirus.start()
        self.smtp_controller.start()

    def run(self, line: str, version: Path | None = None) -> str:
        """Run a `flask` command as a document writes it; return what it says."""
        program, *words = shlex.split(line)
        assert Path(program).name == "flask", line
        done = subprocess.run(
            [PROGRAMS / "flask", *words],
            cwd=(version or self.current).resolve(),
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def open(self) -> None:
        """Start what people reach."""
        for service in (self.web, self.worker, self.nginx):
            service.start()
        # Refused for its host, but answered.
        answers = partial(http_status, self.web_port, "/health/live", timeout_seconds=5)
        wait_until(lambda: answers() != 0, 120, self.web.log_tail())
        wait_until(lambda: len(self.web_processes()) == 2, 90, "the processes of gunicorn")

    def web_processes(self) -> set[int]:
        """Return the processes of gunicorn that answer requests."""
        assert self.web.process is not None
        return {child.pid for child in psutil.Process(self.web.process.pid).children()}

    def restart_database(self) -> None:
        """End the database as a fault would, and start it again."""
        self.postgres.service.kill()
        (self.postgres.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        self.postgres.service.start()

    def close(self) -> None:
        """End everything."""
        for service in (self.nginx, self.web, self.worker):
            service.kill()
        self.smtp_controller.stop()
        self.antivirus.service.stop()
        self.search.stop()
        self.postgres.close()
        self.socket.close()


def make_certificate(certificate: Path, key: Path) -> None:
    """Write a certificate that vouches for itself, for a day."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.touch(mode=0o600)
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )

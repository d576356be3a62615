"""A headless Chromium spoken to through pipes. It has no network: each request is answered by a function."""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HERE = "http://lulus.test"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    "--remote-debugging-pipe",
)


class Tab:
    """One page. `asked` collects the address of everything that the page wanted."""

    def __init__(self, write: int, read: int, answer: Callable[[str], httpx.Response]):
        self.asked: list[str] = []
        self.requests: list[dict[str, Any]] = []
        self._write, self._read, self._answer = write, read, answer
        self._buffer, self._last, self._events, self._session = b"", 0, [], ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Fetch.enable")

    def open(self, url: str, width: int, height: int = 900, *, dark: bool = False, media: str = "") -> None:
        """Load a page in a window of this size and wait until it has loaded."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self._events.clear()
        self.call("Page.navigate", url=url)
        self._loaded()

    def press(self, selector: str) -> None:
        """Click something that leads to another page, and wait until that has loaded."""
        self._events.clear()
        self.call("Runtime.evaluate", expression=f"document.querySelector({selector!r}).click()")
        self._loaded()

    def until(self, script: str, seconds: float = 30) -> None:
        """Wait until an expression is true; what the page asks for meanwhile is answered."""
        deadline = time.monotonic() + seconds
        while not self.value(script):
            assert time.monotonic() < deadline, script

    def _loaded(self) -> None:
        while "Page.loadEventFired" not in self._events:
            self._take(self._next())

    def value(self, script: str) -> Any:
        """Evaluate an expression in the page."""
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def picture(self) -> bytes:
        """Take a PNG of the whole page."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        """Send a command and give its result; events on the way are dealt with."""
        number = self._send(method, values)
        while (message := self._next()).get("id") != number:
            self._take(message)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        return message["result"]

    def _send(self, method: str, values: dict[str, Any]) -> int:
        self._last += 1
        message = {"id": self._last, "method": method, "params": values}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        return self._last

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            chunk = os.read(self._read, 1 << 16)
            if not chunk:
                raise RuntimeError("Chromium has gone")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(line)

    def _take(self, message: dict[str, Any]) -> None:
        self._events.append(message.get("method"))
        if message.get("method") != "Fetch.requestPaused":
            return
        params = message["params"]
        self.asked.append(params["request"]["url"])
        self.requests.append(params["request"])
        answer = self._answer(params["request"]["url"])
        self._send(
            "Fetch.fulfillRequest",
            {
                "requestId": params["requestId"],
                "responseCode": answer.status_code,
                "responseHeaders": [{"name": k, "value": v} for k, v in answer.headers.multi_items()],
                "body": base64.b64encode(answer.content).decode(),
            },
        )


@contextmanager
def a_tab(profile: Path, answer: Callable[[str], httpx.Response]):
    """Start Chromium with a new profile; end it and its children afterwards."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    # Chromium reads commands from descriptor 3 and writes to 4; a shell puts the pipes there.
    script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
    process = subprocess.Popen(
        ["/bin/bash", "-c", script, "bash", str(PROGRAM), *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(theirs_in, theirs_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        tab = Tab(ours_out, ours_in, answer)
        yield tab
        tab._session = ""
        tab._send("Browser.close", {})
        process.wait(timeout=10)
    finally:
        process.kill()
        process.wait()
        os.close(ours_out)
        os.close(ours_in)

"""Asking the web, beside the supervisor's loop, whether everything answers."""

import http.client
import threading
import time
import urllib.error
import urllib.request

_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 1.0
_IMPATIENT_S = 30.0


class Readiness:
    """Asks until the first 200."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._answer = "no answer"
        self._reached = threading.Event()
        self._told = time.monotonic()
        threading.Thread(target=self._ask_until_ready, daemon=True).start()

    @property
    def reached(self) -> bool:
        """Whether there was a 200."""
        return self._reached.is_set()

    def news(self) -> str | None:
        """Every half minute: what is being waited for."""
        if time.monotonic() - self._told < _IMPATIENT_S:
            return None
        self._told = time.monotonic()
        return f"Still waiting for {self.url}: {self._answer}"

    def _ask_until_ready(self) -> None:
        pause_s = _PAUSE_S
        while not self.reached:
            try:
                with urllib.request.urlopen(self.url, timeout=5):
                    self._reached.set()
            except urllib.error.HTTPError as error:
                self._answer = f"{error.code} {error.read(500).decode(errors='replace')}"
            except (OSError, http.client.HTTPException) as error:
                self._answer = str(error)
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.2, _LONGEST_PAUSE_S)

"""Functions that a confined child runs in the tests: well-behaved ones, and the others."""

import ctypes
import os
import subprocess
import sys
import time


class Refusal(Exception):
    pass


def add(a, b):
    print("noise on standard output")
    return {"sum": a + b}


def refuse(why):
    raise Refusal(why, 7)


def unlisted():
    raise ValueError(object())


def environment():
    return dict(os.environ)


def eat():
    kept = []
    while True:
        kept.append(bytearray(16 << 20))


def crash():
    ctypes.string_at(0)


def leave():
    os._exit(3)


def sleep(path):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(path, "w") as out:  # noqa: PTH123
        out.write(f"{os.getpid()} {child.pid}")
    time.sleep(600)


def flood():
    return bytes(65 << 20)

"""A forked process has its modules at once and nothing else of its parent's: no lock, and no end of a pipe."""

import json
import signal
import subprocess
import sys
import threading

import pytest

from tayori.app import child

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")

TELLS = """
import fcntl, json, os, signal, socket, sys
from tayori.app import child

lock = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(lock, fcntl.LOCK_EX)
ours, theirs = socket.socketpair()
signal.signal(signal.SIGTERM, lambda number, frame: None)

def opened(numbers):
    return {os.readlink(f"/proc/self/fd/{number}") for number in numbers if os.path.exists(f"/proc/self/fd/{number}")}

not_its_own = opened([lock, ours.fileno()])

def tell(end):
    with socket.socket(fileno=os.dup(end)) as told:
        facts = {
            "open": list(not_its_own & opened(os.listdir("/proc/self/fd"))),
            "modules": "tayori.app.child" in sys.modules,
            "handler": signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
            "blocked": [int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, ())],
        }
        told.sendall(json.dumps(facts).encode())

assert len(not_its_own) == 2
process = child.start(tell, (theirs.fileno(),), name="tells", keep=[theirs.fileno()])
theirs.close()
said = b""
while piece := ours.recv(4096):
    said += piece
process.join(30)
print(json.dumps(json.loads(said) | {"exit": process.exitcode}))
"""

ENDS = """
import os, signal, sys, time
from tayori.app import child

signal.signal(signal.SIGTERM, lambda number, frame: None)  # what the child must not do with it

def sleep():
    time.sleep(60)

codes = []
for _ in range(20):
    process = child.start(sleep, (), name="sleeps", keep=())
    process.terminate()
    process.join(30)
    codes.append(process.exitcode)
print(codes)
"""


def run(script: str, *arguments: object) -> str:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def test_a_child_has_what_it_is_given_and_no_more(tmp_path) -> None:
    told = json.loads(run(TELLS, tmp_path / "lock"))
    assert told == {"open": [], "modules": True, "handler": True, "blocked": [], "exit": 0}


def test_a_request_to_stop_is_never_lost_however_early_it_comes() -> None:
    assert json.loads(run(ENDS)) == [-signal.SIGTERM] * 20


def test_a_parent_with_threads_asks_for_a_new_interpreter() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert not child.can_fork()
    finally:
        done.set()
        thread.join()

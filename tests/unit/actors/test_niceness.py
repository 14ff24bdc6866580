import subprocess
import sys

import pytest

PROGRAM = """
import os, threading
from agent_memory.actors.niceness import give_way
hold, found = threading.Event(), []
def look():
    hold.wait()
    found.append(os.getpriority(os.PRIO_PROCESS, 0))
thread = threading.Thread(target=look)
thread.start()
os.setpriority(os.PRIO_PROCESS, 0, {own})
give_way()
hold.set()
thread.join()
print(os.getpriority(os.PRIO_PROCESS, 0), *found)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the engine computes on a GPU")
@pytest.mark.parametrize(("own", "expected"), [(0, "5 5"), (9, "9 5")])
def test_all_threads_of_a_process_give_way_and_none_comes_forward(own: int, expected: str) -> None:
    done = subprocess.run(
        (sys.executable, "-c", PROGRAM.format(own=own)), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == expected.split()

"""What only a new process can have: variables that libraries read as they load, and companions that train along.

A stage calls `start_anew` first; where something is missing, the same command line is run again with it.
"""

import os
import sys
from typing import Final

# Named with every library's reason to round differently elsewhere: the number of threads decides in which order a sum
# is taken, the instruction set how wide and whether multiplication and addition round once. AVX2 is what x86-64
# processors since 2013 have; MKL has one mode only that is the same on processors of all makers, its slowest.
PINNED: Final = {
    "OMP_NUM_THREADS": "1",
    "MKL_CBWR": "COMPATIBLE",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
}


def is_pinned() -> bool:
    """Whether this process was started with everything in `PINNED`."""
    return all(os.environ.get(name) == value for name, value in PINNED.items())


def start_anew(*, pinned: bool, processes: int = 1) -> None:
    """Replace this process by one in the environment asked for; return where it is in that environment already.

    Several `processes` are started by `accelerate launch`, unless somebody's `accelerate launch` started this one.
    """
    launch = processes > 1 and "WORLD_SIZE" not in os.environ
    if not launch and (is_pinned() or not pinned):
        return
    command = [sys.executable, *sys.orig_argv[1:]]
    if launch:
        # `--multi_gpu` is how accelerate starts processes by itself, on whatever device; port 0 is any that is free.
        options = ["--multi_gpu", "--num_processes", str(processes), "--num_machines", "1", "--main_process_port", "0"]
        options += ["--mixed_precision", "no", "--dynamo_backend", "no"]
        command[1:1] = ["-m", "accelerate.commands.launch", *options]
    os.execve(sys.executable, command, os.environ | (PINNED if pinned else {}))

"""Chunks over several processes, results in the order of the chunks, memory bounded by what is in flight."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING

from newsvoice.documents import Document
from newsvoice.engine import Engine
from newsvoice.errors import NewsvoiceError
from newsvoice.runtime.backends import cores
from newsvoice.work import LoadEngine, Result, Task, label_chunk

if TYPE_CHECKING:
    from concurrent.futures import Future

# Chunks handed out ahead for each process: one in work, one waiting, so that none is ever idle.
AHEAD = 2
# Threads of numerical libraries; several processes with all cores each would only get in each other's way.
_THREADS = "OMP_NUM_THREADS"

_engine: Engine | None = None


def label_chunks(chunks: Iterable[list[Document]], *, load: LoadEngine, task: Task, jobs: int) -> Generator[Result]:
    """Yield a result a chunk, in order; with one job in this process, else in `jobs` others.

    `load` is called once a process; with several jobs it must be importable by name. Raises
    `NewsvoiceError` when a process dies. Closing the iterator stops all work.
    """
    if jobs == 1:
        engine = load()
        for chunk in chunks:
            yield label_chunk(chunk, engine, task)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # Fresh processes: a fork would copy the locks of whatever threads run here.
    context = multiprocessing.get_context("spawn")
    threads = max(1, cores() // jobs)
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(threads,))
    waiting: deque[Future[Result]] = deque()
    try:
        for chunk in chunks:
            waiting.append(pool.submit(_work, chunk, load, task))
            if len(waiting) >= jobs * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise NewsvoiceError("a worker process died (out of memory?)", advice="try fewer --jobs") from None
    finally:
        if waiting:
            # Stopped in the middle: nobody wants what is still in work.
            for process in set(multiprocessing.active_children()) - others:
                process.kill()
        pool.shutdown(cancel_futures=True)


def _begin(threads: int) -> None:
    """Make a worker: it leaves Ctrl-C to its parent, and ends when its parent does, however that died."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault(_THREADS, str(threads))
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.join,), daemon=True).start()


def _follow(join_parent: Callable[[], None]) -> None:
    join_parent()
    os._exit(1)


def _work(chunk: list[Document], load: LoadEngine, task: Task) -> Result:
    global _engine
    if _engine is None:
        _engine = load()
    return label_chunk(chunk, _engine, task)

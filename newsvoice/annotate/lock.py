"""One writer at a time in a folder of annotations, so that nobody writes over what another has just written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from newsvoice.errors import NewsvoiceError


@contextmanager
def locked(annotations: Path) -> Iterator[None]:
    """Keep other processes and threads out of a folder that they enter through this lock; wait for one inside.

    The folder is made where there is none. It is locked itself: a lock file in it would be data to DVC, one
    beside it would be litter to git. Raises `NewsvoiceError` when the folder cannot be made or opened.
    """
    try:
        annotations.mkdir(parents=True, exist_ok=True)
        import fcntl

        handle = os.open(annotations, os.O_RDONLY)
    except ImportError:
        # No such locks on this system; two writers at once are then the user's to avoid.
        yield
        return
    except OSError as error:
        raise NewsvoiceError(f"cannot write ({error.strerror})", where=str(annotations)) from error
    try:
        # Network file systems lock no folder (EBADF); there, too, two writers are the user's to avoid.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)

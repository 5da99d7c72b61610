"""`python -m convcalc`, and what the script `convcalc` runs."""

# Not signal, which makes enumerations first: that takes 3 ms, and Ctrl-C in them would print a traceback.
import _signal  # type: ignore[import-not-found] # typeshed leaves it out

TYPE_CHECKING = False  # typing's own would be loaded before signals are taken care of
if TYPE_CHECKING:
    from typing import NoReturn


def run() -> "NoReturn":
    """Run the command line of this process; Ctrl-C ends it without a word, from the first moment on."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        # There is nothing to clean up yet; `main` puts its own handler in place.
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    from convcalc.cli import run_process

    run_process()


if __name__ == "__main__":
    run()

"""What a view is told when what it waits for does not come."""

from siamese_nb.errors import InputError


def tell_why_not(error: BaseException) -> str:
    """Say why: what was wrong with what was given, that it was interrupted, or which fault it met."""
    if isinstance(error, KeyboardInterrupt):
        return "it was interrupted; try again"
    return str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"

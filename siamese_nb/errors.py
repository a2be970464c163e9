"""The one error that a user can mend: what was given, what is needed, how to mend it."""


class InputError(ValueError):
    """Report input that cannot be used, in one line that says how to mend it.

    The command line prints its message and exits with 2; widgets show it in place.
    """

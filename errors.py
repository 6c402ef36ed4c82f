"""The one error type that a user of spikewatt sees: where, the law, what was got, what is allowed."""


class SpikewattError(ValueError):
    """Refused input, as one line ``where: law; got …; allowed: …``.

    Parameters
    ----------
    where : the object, file or key that is wrong, e.g. ``"convert.weight_bits"``.
    law : what must hold, in words.
    got : what was found instead (left out when the law says it all).
    allowed : what would be accepted, or the remedy.
    """

    def __init__(self, where: str, law: str, got: object = None, allowed: object = None):
        text = f"{where}: {law}"
        if got is not None:
            text += f"; got {got}"
        if allowed is not None:
            text += f"; allowed: {allowed}"
        super().__init__(" ".join(text.split()))
        self.where, self.law, self.got, self.allowed = where, law, got, allowed


class FileFormatError(SpikewattError):
    """A file that is truncated, of another kind, or of another format version."""


class DoesNotFitError(SpikewattError):
    """A network that a device cannot hold or cannot execute."""


class MissingToolError(SpikewattError):
    """A program that the work needs is not installed."""


def one_of(where: str, law: str, value: str, allowed) -> str:
    """Return `value` if it is among `allowed`, else raise SpikewattError naming all choices."""
    if value not in allowed:
        raise SpikewattError(where, law, repr(value), ", ".join(sorted(allowed)))
    return value


def first_fault(where: str, error) -> SpikewattError:
    """The first fault in a pydantic ValidationError of the file or object `where`, in the words of this project."""
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    got = "nothing" if fault["type"] == "missing" else repr(fault["input"])[:80]
    law = "unknown key" if fault["type"] == "extra_forbidden" else fault["msg"]
    return SpikewattError(f"{where}: {key}" if key else where, law, got, fault.get("ctx", {}).get("expected"))

"""The options of a connection, taken one by one by those who know what they mean."""

from __future__ import annotations

from collections.abc import Mapping

_TRUE = frozenset({"true", "yes", "1", "on", ""})
_FALSE = frozenset({"false", "no", "0", "off"})


class DriverOptions:
    """Options by name, in any case. What nobody took is ``ignored``. Not for several threads."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = {name.lower(): (name, value) for name, value in given.items()}
        self._taken: set[str] = set()

    def text(self, *names: str) -> str | None:
        """The value of the first of these names that is there; all of them count as taken."""
        self._taken.update(name.lower() for name in names)
        return next((self._given[name.lower()][1] for name in names if name.lower() in self._given), None)

    def number(self, *names: str) -> int | None:
        """As :meth:`text`, for a whole number. Raises ValueError."""
        found = self.text(*names)
        if found is None:
            return None
        try:
            return int(found)
        except ValueError:
            raise ValueError(f"option {names[0]} must be a whole number, not '{found}'") from None

    def flag(self, *names: str) -> bool | None:
        """As :meth:`text`, for true or false; a name without a value is true. Raises ValueError."""
        found = self.text(*names)
        if found is None:
            return None
        if found.lower() in _TRUE:
            return True
        if found.lower() in _FALSE:
            return False
        raise ValueError(f"option {names[0]} must be true or false, not '{found}'")

    def accept(self, *names: str) -> None:
        """Take options that ask for what is done anyway, or that others read from the URL."""
        self._taken.update(name.lower() for name in names)

    def ignored(self) -> list[str]:
        """The names, as written, of options that nobody took."""
        return sorted(name for lowered, (name, _) in self._given.items() if lowered not in self._taken)

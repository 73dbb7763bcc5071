"""How the vectors of one file came out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.compat.s3.recorded import Deviation, deviations, explaining
from tests.support.recordings import COUNTS

Json = Any
_SHOWN = 12


@dataclass
class Tally:
    """Counts; what differs without a reason, and which reasons are not needed."""

    name: str
    counts: Counter[str] = field(default_factory=lambda: Counter(passed=0, deviations=0, failed=0))
    wrong: list[str] = field(default_factory=list)
    needless: list[Deviation] = field(default_factory=list)
    known: list[Deviation] = field(default_factory=deviations)

    def add(self, vector: Json, difference: str | None) -> None:
        """One vector: ``difference`` is None where it is as recorded."""
        reasons = explaining(vector, self.known)
        if difference is None:
            self.counts["passed"] += 1
            self.needless += reasons
        elif reasons:
            self.counts["deviations"] += 1
        else:
            self.counts["failed"] += 1
            self.wrong.append(f"{vector['id']}\n{difference}")

    def report(self, record_property: Callable[[str, object], None]) -> None:
        """Tell the counts, and fail where something differs."""
        record_property(COUNTS, (f"s3/{self.name}", dict(self.counts)))
        assert not self.wrong, f"{len(self.wrong)} of {self.name} differ:\n" + "\n".join(self.wrong[:_SHOWN])
        if not os.environ.get("PENSTOCK_S3_VECTORS"):
            assert self.needless == [], "these do not differ; take them out of deviations.toml"

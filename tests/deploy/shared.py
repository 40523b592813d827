"""What the checks of several ways to run kkanbu have in common."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

AT = Path(__file__).parents[2]

# Seconds that whatever stops a server must leave it beyond its drain, for closing its databases.
DRAIN_MARGIN = 10


def drain_seconds(configuration: str) -> int:
    """How long a server with this configuration takes to stop."""
    return int(tomllib.loads(configuration).get("drain_seconds", drain_default()))


def drain_default() -> int:
    row = next(line for line in (AT / "docs/CONFIGURATION.md").read_text(encoding="utf-8").splitlines()
               if line.startswith("| `drain_seconds` |"))
    return int(row.split("|")[3].strip().strip("`"))


def metrics() -> set[str]:
    """The names in the table of METRICS.md, which the tests of kkanbu compare with a running server."""
    text = (AT / "docs/METRICS.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `(kkanbu_[a-z_]+)` \|", text, re.MULTILINE))


def log_lines() -> set[str]:
    """The lines in the table of METRICS.md, which the tests of kkanbu compare with the code."""
    text = (AT / "docs/METRICS.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| (?:error|warn) \| `([^`]+)` \|", text, re.MULTILINE))


def anchors(page: Path) -> set[str]:
    """What headings of a page are called in links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-").lower() for heading in headings}

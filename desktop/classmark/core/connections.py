"""The journal of connections, as the window and the command line tell it."""

from __future__ import annotations

from dataclasses import dataclass

from classmark.core.paths import data_folder
from classmark_models.journal import Connection, History, Journal

FILE = "connections.jsonl"
NONE_YET = "No connection was ever made from this computer by Classmark."
HEAD = ("When", "Where", "Why", "Sent", "Received", "Took", "How it ended")
_PURPOSES = {
    "estimate": "ask for the size of",
    "fetch": "fetch",
    "add": "ask for the description of",
    "repair": "repair",
}


def journal() -> Journal:
    """Return the journal of this computer's Classmark; it need not exist."""
    return Journal(data_folder() / FILE)


@dataclass(frozen=True, slots=True)
class Told:
    """A connection in words, one for each of ``HEAD``."""

    when: str
    where: str
    why: str
    sent: str
    received: str
    took: str
    outcome: str

    @property
    def words(self) -> tuple[str, ...]:
        """Return them in order."""
        return (self.when, self.where, self.why, self.sent, self.received, self.took, self.outcome)


def tell(connection: Connection) -> Told:
    """Put a connection into words, its time into that of this place."""
    address = f" ({connection.address})" if connection.address not in ("", connection.host) else ""
    return Told(
        f"{connection.began.astimezone():%Y-%m-%d %H:%M:%S}",
        f"{connection.host}:{connection.port}{address}",
        f"{_PURPOSES.get(connection.purpose, connection.purpose)} {connection.model}",
        _bytes(connection.sent) if connection.ended else "",
        _bytes(connection.received) if connection.ended else "",
        f"{(connection.ended - connection.began).total_seconds():.1f} s" if connection.ended else "",
        (connection.outcome or "closed") if connection.ended else "not told: still open, or its process was ended",
    )


def summarize(history: History) -> str:
    """Return a sentence on how many connections there were."""
    count = len(history.connections)
    if not count and not history.dropped:
        return NONE_YET
    received = sum(connection.received for connection in history.connections)
    told = f"{count:,} connection{'s' if count != 1 else ''}, {_bytes(received)} received"
    return f"{told}; {history.dropped:,} older ones are kept no more." if history.dropped else f"{told}."


def as_text(history: History) -> str:
    """Return the journal as a table with tabs between its columns, newest first."""
    rows = [HEAD, *(tell(connection).words for connection in reversed(history.connections))]
    return "".join("\t".join(" ".join(word.split()) for word in row) + "\n" for row in rows)


def _bytes(count: int) -> str:
    if count < 1000:
        return f"{count} bytes"
    if count < 1_000_000:
        return f"{count / 1000:,.1f} kB"
    return f"{count / 1e6:,.1f} MB"

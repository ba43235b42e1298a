"""A small vocabulary, in which a name stands twice."""

from __future__ import annotations

from classmark_models.labels import Label, Vocabulary


def label(id_: str, level: str, parent: int | None = None, name: str = "") -> Label:
    """Return a label whose name and URI follow from its id."""
    return Label(id_, f"https://example.org/{id_}", name or f"Name of {id_}", level, parent)


def small_vocabulary() -> Vocabulary:
    """Return three levels of 2, 3 and 6 labels; topics do not lie in the order of their fields."""
    return Vocabulary(
        "small",
        [
            ("domain", [label("d0", "domain"), label("d1", "domain")]),
            ("field", [label("f0", "field", 0), label("f1", "field", 1), label("f2", "field", 1)]),
            (
                "topic",
                [
                    label("t0", "topic", 2),
                    label("t1", "topic", 0, "Immunology"),
                    label("t2", "topic", 0),
                    label("t3", "topic", 1),
                    label("t4", "topic", 2, "Immunology"),
                    label("t5", "topic", 2),
                ],
            ),
        ],
    )

"""Numbers and names of a config that depend on the number of spins: ``${by_size:${system.n_spins},{8:16,20:4}}``."""

from __future__ import annotations

from collections.abc import Mapping

from omegaconf import OmegaConf

__all__ = ["by_size"]

Scalar = str | int | float | bool | None
FORM = "${by_size:${system.n_spins},{8:VALUE,20:VALUE}}, a number, a name or null for up to so many spins"


def by_size(*arguments: object) -> Scalar:
    """The value of the smallest key >= N of a table, from N and the table.

    Raises:
        ValueError: the table ends below N, or is none; the key of the config that asks for it is not known here.

    """
    match arguments:
        case (int(n_spins), Mapping() as table) if table and all(map(_is_row, table, table.values())):
            if n_spins > max(table):
                raise ValueError(f"by_size has no value for system.n_spins={n_spins}, its table ends at {max(table)}.")
            value: Scalar = table[min(size for size in table if size >= n_spins)]
            return value
    raise ValueError(f"by_size takes {FORM}.")


def _is_row(size: object, value: object) -> bool:
    """No list and no mapping: what they hold would be in no config that is checked."""
    return type(size) is int and size > 0 and isinstance(value, Scalar)


# here, not in a function: the processes of a launcher import this package and call no other part of it before they compose
OmegaConf.register_new_resolver("by_size", by_size, replace=True)

"""Make the set: `python tests/papers OUT --seed 1 [--papers 12] [--how clean]`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

if __name__ == "__main__":
    # Started by its path: another package may be called "tests".
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

    from papers.catalogue import MAKERS, papers
    from papers.write import DEGRADATIONS, write_set

    @click.command()
    @click.argument("out", type=click.Path(path_type=Path, file_okay=False))
    @click.option(
        "--seed",
        default=1,
        show_default=True,
        help="Another one, other parties and words.",
    )
    @click.option(
        "--papers",
        "count",
        default=len(MAKERS),
        show_default=True,
        help="Only the first N.",
    )
    @click.option(
        "--how",
        type=click.Choice(list(DEGRADATIONS)),
        multiple=True,
        help="Only these; all by default.",
    )
    def main(out: Path, seed: int, count: int, how: tuple[str, ...]) -> None:
        """Write made-up papers and their truth into OUT."""
        made = write_set(out, papers(seed, count), seed, how or DEGRADATIONS)
        click.echo(f"{made} files in {out}")

    main()

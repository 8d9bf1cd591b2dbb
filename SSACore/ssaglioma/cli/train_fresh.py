"""Options of `ssaglioma train` for synthetic cases made while the network trains."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from ssaglioma.labels import Sequence

if TYPE_CHECKING:
    from ssaglioma.training.config import TrainingConfig
    from ssaglioma.training.folds import Folds
    from ssaglioma.training.fresh import FreshCases
    from ssaglioma.training.stretching import WantedSpacing


def add_synthesis_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to the parser."""
    group = parser.add_argument_group("synthetic cases made while training")
    group.add_argument("--synthesize", type=Path, metavar="FILE|DIR", help="anatomies, as for 'ssaglioma synthesize'")
    group.add_argument("--masks", type=Path, metavar="DIR", help="tumor labelmaps to take half of the shapes from")
    group.add_argument("--scanner", action="append", metavar="PRESET", help="pass them through, e.g. 1.5T_ssa")
    group.add_argument("--fresh", type=int, default=4, metavar="N", help="new cases in every epoch (default 4)")
    group.add_argument("--window", type=int, default=24, metavar="N", help="cases at hand (default 24)")
    group.add_argument("--jobs", type=int, default=1, metavar="N", help="processes that make them (default 1)")


def fresh_cases(
    args: argparse.Namespace,
    config: TrainingConfig,
    spacing: WantedSpacing | None,
    split: tuple[Folds | None, int | None],
) -> AbstractContextManager[FreshCases | None]:
    """Return the cases that the options ask for, or a context of None; `split` is folds and fold.

    Raises
    ------
    DatasetError
        If an option makes no sense, or a tumour shape comes from a held-out patient.
    """
    if args.synthesize is None:
        return nullcontext(None)
    from ssaglioma.synthesis.anatomy import find_anatomies
    from ssaglioma.synthesis.case import DrawOptions
    from ssaglioma.synthesis.requests import SCANNER_SOURCE_T
    from ssaglioma.synthesis.scanner import scanner_preset
    from ssaglioma.synthesis.tumours import find_masks
    from ssaglioma.training.fresh import FreshCases, FreshCasesConfig
    from ssaglioma.training.mask_guard import check_shapes

    for name in args.scanner or ():
        scanner_preset(name)
    if args.masks is not None:
        check_shapes(find_masks(args.masks), *split)
    options = DrawOptions(
        masks=None if args.masks is None else str(args.masks), field_t=SCANNER_SOURCE_T if args.scanner else None
    )
    made = FreshCasesConfig(
        tuple(find_anatomies(args.synthesize)),
        window=args.window,
        step=args.fresh,
        seed=config.seed,
        options=options,
        scanners=tuple(args.scanner or (None,)),
        jobs=args.jobs,
    )
    return FreshCases(made, args.output / "fresh", [Sequence.parse(name) for name in config.channels], spacing)

"""`ssaglioma stylize`: a case, volume or picture in the look of others, with the anatomy guard's verdict."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssaglioma.cli.console import Console
from ssaglioma.cli.style_images import Subject, check_target, read_styles, read_subject
from ssaglioma.cli.style_models import ready_stylizer
from ssaglioma.cli.style_results import Result, examined, write_result
from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, LABEL_SCHEMES, Sequence
from ssaglioma.style import METHODS, SLICE_AXES
from ssaglioma.style.guard import check_or_refuse

if TYPE_CHECKING:
    from ssaglioma.style import Stylizer

_READ, _SEARCHED, _STYLISED, _EXAMINED = 0.05, 0.4, 0.85, 0.95


@dataclass(frozen=True, eq=False)
class Prepared:
    """A stylizer that is ready, with its style.

    Attributes
    ----------
    stylizer : Stylizer
    model : mapping or None
        Facts of its package.
    notes : tuple of str
        What the user should know.
    styles : tuple of str
        Names of the style images; empty for a built-in style.
    """

    stylizer: Stylizer
    model: dict[str, Any] | None
    notes: tuple[str, ...]
    styles: tuple[str, ...]


def prepared(args: argparse.Namespace, content: Subject) -> Prepared:
    """Return the stylizer that the options ask for, its style learned; see `ready_stylizer` for the errors."""
    stylizer, model, notes = ready_stylizer(args, content)
    return Prepared(stylizer, model, notes, _fit(args, stylizer))


def add_parser(
    subparsers: argparse._SubParsersAction, parents: list[argparse.ArgumentParser]
) -> argparse.ArgumentParser:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "stylize",
        parents=parents,
        help="give images the look of others",
        description="Stylise a case, a volume or a 2D picture. Geometry and labels stay; originals are never replaced.",
    )
    add = parser.add_argument
    add("--content", type=Path, required=True, metavar="C", help="case folder, volume, or picture (PNG, JPEG; .npy)")
    add("--style", type=Path, metavar="S", help="the same kinds, or a folder of them; without it a built-in style")
    add("--method", choices=sorted(METHODS), metavar="M", help="one of " + ", ".join(METHODS))
    add("--strength", type=float, default=1.0, metavar="A", help="0 (content) to 1 (full style; default)")
    add("--model", metavar="PACKAGE", help="stylizer package by name or folder (default: a shipped one)")
    add("--style-name", metavar="NAME", help="a built-in style of the package (default: its first)")
    add("--contrasts", metavar="LIST", help="of a case: stylise only these, such as t2f or t1n,t2w")
    add("--contrast", metavar="NAME", help="contrast of a single content image, where its file name does not tell")
    add("--style-contrast", metavar="NAME", help="the same for style images")
    add("--slice-axis", choices=SLICE_AXES, help="default: the package's, else axial")
    add(
        "--pixel-mm", type=float, default=1.0, metavar="MM", help="pixel size of a picture, for the guard (%(default)s)"
    )
    add("--labels", default=GLIOMA.name, choices=sorted(LABEL_SCHEMES), help="scheme of a labelmap (%(default)s)")
    add("--seed", type=int, metavar="N", help="draw a style around the given one (methods with a style space)")
    add("--force", action="store_true", help="accept a style of another contrast, and a result that the guard refuses")
    add("--output", type=Path, required=True, metavar="O", help="folder, or a file for a volume or picture")
    search = parser.add_argument_group("search for a style that a segmenter finds hard (methods with a style space)")
    search.add_argument("--epsilon-iterations", type=int, default=0, metavar="K", help="steps of ascent (default 0)")
    search.add_argument("--segmenter", metavar="MODEL", help="segmenter package (default: the first one shipped)")
    search.add_argument("--reference", type=Path, metavar="SEG", help="labelmap (default: the segmenter's own)")
    search.add_argument(
        "--search-slices", choices=("tumour", "reference"), default="tumour", help="all with tumor, or the largest one"
    )
    parser.set_defaults(examine=True)  # other programs may examine pictures themselves: `ssaglioma serve`
    return parser


def run(
    args: argparse.Namespace, console: Console, prepare: Callable[[argparse.Namespace, Subject], Prepared] = prepared
) -> int:
    """Run the command; `prepare` gives the stylizer."""
    began = time.monotonic()
    _check_options(args)
    content = _content(args)
    if not args.examine and content.kind != "picture":
        raise DatasetError(f"A {content.kind} was to go unexamined", expected="a picture", remedy="Let it be examined")
    style_files = () if args.style is None else (args.style,)
    target = check_target(args.output, content, style_files)
    console.progress(0.0, "Reading")
    ready = prepare(args, content)
    stylizer = ready.stylizer
    console.progress(_READ, "Read")
    search = _search(args, stylizer, content, console)
    begin = _READ if search is None else _SEARCHED

    def stylise_progress(done: float, text: str) -> None:
        console.progress(begin + (_STYLISED - begin) * done, text)

    images = stylizer.stylize(content.images, None, args.strength, stylise_progress, force=args.force)
    console.progress(_STYLISED, "Examining")
    result = Result(
        content=content,
        images=images,
        method=stylizer.method,
        strength=args.strength,
        model=ready.model,
        styles=ready.styles,
        warnings=(*ready.notes, *stylizer.warnings),
        search=search,
        seed=args.seed,
    )
    report = examined(result, stylizer.slice_axis, args) if args.examine else None
    if report is not None:
        console.print(f"Anatomy guard: {report.verdict}" + "".join(f"; {reason}" for reason in report.reasons))
        check_or_refuse(report, force=args.force)
    console.progress(_EXAMINED, "Writing")
    summary = write_result(result, target, report, time.monotonic() - began)
    console.progress(1.0, "Done")
    for warning in summary["warnings"]:
        console.warn(warning)
    if search is not None:
        console.print("Segmenter's loss at each iteration: " + " ".join(f"{value:.4f}" for value in search["losses"]))
    console.print(f"Written to {target} ({summary['seconds']:.1f} s). Research use only.")
    console.result(summary)
    return 0


def _check_options(args: argparse.Namespace) -> None:
    if args.method is None and args.model is None:
        raise DatasetError("Neither --method nor --model was given", expected="one of them at least")
    if args.epsilon_iterations < 0 or (args.seed is not None and args.seed < 0) or not args.pixel_mm > 0:
        raise DatasetError(
            f"--epsilon-iterations is {args.epsilon_iterations!r}, --seed {args.seed!r}, --pixel-mm {args.pixel_mm!r}",
            expected="0 or more, 0 or more, more than 0",
        )
    if args.style is not None and args.style_name is not None:
        raise DatasetError("Both --style and --style-name were given", expected="one of them")


def _content(args: argparse.Namespace) -> Subject:
    wanted = tuple(Sequence.parse(word) for word in args.contrasts.split(",")) if args.contrasts else ()
    if wanted and not args.content.is_dir():
        raise DatasetError("--contrasts chooses images of a case", expected="a case folder as --content")
    return read_subject(args.content, contrasts=wanted, contrast=args.contrast)


def _fit(args: argparse.Namespace, stylizer: Stylizer) -> tuple[str, ...]:
    """Learn the style images, and return their names; nothing to do for a built-in style."""
    if args.style is None:
        return ()
    names, images = [], []
    for subject in read_styles(args.style, contrast=args.style_contrast):
        names.append(subject.name)
        images.append(subject.images)
    stylizer.fit([], images)
    return tuple(names)


def _search(args: argparse.Namespace, stylizer: Stylizer, content: Subject, console: Console) -> dict[str, Any] | None:
    if args.epsilon_iterations == 0:
        return None
    from ssaglioma.cli.style_search import run_search

    def progress(done: float, text: str) -> None:
        console.progress(_READ + (_SEARCHED - _READ) * done, text)

    return run_search(args, stylizer, content, progress)

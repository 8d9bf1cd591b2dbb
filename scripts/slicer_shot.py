"""Draw a Slicer-like window of a module in a given state to a PNG, on the stand-in host.

Usage: slicer_shot.py MODULE STATE OUTPUT.png   one state
       slicer_shot.py MODULE all FOLDER         every state, one PNG each
       slicer_shot.py MODULE --list             the names of the states

MODULE is the name of a folder of this repository (SSAGliomaSeg) or a path to a module's .py file. The states are
`STATES: dict[str, Callable[[host, widget], None]]` in `<module's folder>/Testing/Python/shots.py`; the state
`default` is the panel as it opens, unless shots.py has one of that name.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
State = Callable[[Any, Any], None]


def module_file(name: str) -> Path:
    """The module's .py file. Raises FileNotFoundError when there is none."""
    path = Path(name) if name.endswith(".py") else ROOT / name / f"{name}.py"
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no module file {str(path)!r}: give a module's name or a path to its .py file."
        )
    return path.resolve()


def read_states(module: Path) -> dict[str, State]:
    """The states of a module, `default` first. Raises ValueError when shots.py has no STATES."""
    states: dict[str, State] = {"default": lambda host, widget: None}
    shots = module.parent / "Testing" / "Python" / "shots.py"
    if shots.is_file():
        spec = importlib.util.spec_from_file_location(f"{module.stem}_shots", shots)
        if spec is None or spec.loader is None:
            raise ImportError(f"{shots} cannot be imported.")
        source = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(source)
        if not isinstance(getattr(source, "STATES", None), dict):
            raise ValueError(f"{shots} has no dictionary STATES: expected names and functions of (host, widget).")
        states.update(source.STATES)
    return states


def draw(host: Any, module: Path, state: State, target: Path, size: tuple[int, int]) -> None:
    """Load the module into an empty scene, bring it into the state, write the window's picture."""
    import slicer
    from slicerhost.views import window

    host.leave_module()
    host.reset()
    host.layoutManager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    host.layoutManager.set_viewport_size((size[0] - window.PANEL_WIDTH - window.MARGIN, size[1] - window.TOP))
    widget = host.load_module(module, enter=True)
    host.process_events()
    state(host, widget)
    host.process_events()
    slicer_module = host.app.moduleManager().module(module.stem)
    title = getattr(slicer_module, "title", module.stem)
    window.grab(slicer_module.widgetRepresentation(), target, size, title=title)
    host.unload_module(module.stem)


def chosen_states(states: dict[str, State], state: str, output: Path) -> dict[str, Path]:
    """The PNG to write for each chosen state. Raises ValueError for a state that there is not."""
    if state == "all":
        return {name: output / f"{name}.png" for name in states}
    if state not in states:
        raise ValueError(f"There is no state {state!r}: the states are {', '.join(states)}.")
    return {state: output}


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line; exits with the usage when it is incomplete."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module")
    parser.add_argument("state", nargs="?")
    parser.add_argument("output", nargs="?", type=Path)
    parser.add_argument("--list", action="store_true", help="print the names of the states")
    parser.add_argument("--size", default="1600x950", help="width and height in pixels (default: 1600x950)")
    parsed = parser.parse_args(arguments)
    if not parsed.list and (parsed.state is None or parsed.output is None):
        parser.error("give a STATE and an OUTPUT, or --list")
    try:
        width, height = (int(part) for part in parsed.size.split("x"))
    except ValueError:
        parser.error(f"--size is {parsed.size!r}: expected WIDTHxHEIGHT, as in 1600x950")
    parsed.size = (width, height)
    return parsed


def main(arguments: list[str] | None = None) -> int:
    """Draw; 0 when every picture was written, 1 when a state could not be reached, 2 for a wrong command line."""
    parsed = parse_arguments(sys.argv[1:] if arguments is None else arguments)
    sys.path[:0] = [str(ROOT / "Testing" / "host"), str(ROOT / "SSACore")]
    try:
        module = module_file(parsed.module)
        from slicerhost import boot

        host = boot()
        states = read_states(module)
        if parsed.list:
            print("\n".join(states))
            return 0
        targets = chosen_states(states, parsed.state, parsed.output)
    except (FileNotFoundError, ValueError) as error:
        print(f"slicer_shot: {error}", file=sys.stderr)
        return 2
    failed = 0
    for name, target in targets.items():
        try:
            draw(host, module, states[name], target, parsed.size)
            print(target)
        except Exception as error:  # noqa: BLE001  one state that fails must not hide the others
            failed += 1
            print(f"slicer_shot: state {name!r}: {type(error).__name__}: {error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Install SSAGlioma from this folder: no network, no administrator.

Usage: python install.py [--folder DIR]          into a folder of its own (default: ssaglioma in your home)
       python install.py --slicer PYTHONSLICER   what the extension needs, into 3D Slicer's Python
       python install.py --check                 only compare this kit with its digests
"""

# It stands alone: it runs before anything of ssaglioma is installed. An older Python can read it, to be told so.
import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, NoReturn, Sequence, Union  # noqa: UP035

KIT = Path(__file__).resolve().parent
UNFINISHED = "installation-unfinished.txt"
INSTALL = ("--disable-pip-version-check", "--no-input", "install", "--no-index", "--only-binary", ":all:")
IGNORED = {".DS_Store", "Thumbs.db", "desktop.ini"}
SYSTEMS = {
    "linux": ["linux", "x86_64"],
    "linux-arm": ["linux", "aarch64"],
    "windows": ["win32", "amd64"],
    "macos-arm": ["darwin", "arm64"],
    "macos-intel": ["darwin", "x86_64"],
}


def main() -> int:
    """Run the installer; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="folder to install into; it must be new or empty")
    parser.add_argument("--slicer", metavar="PYTHONSLICER", help="Slicer's Python: PythonSlicer in Slicer's folder bin")
    parser.add_argument("--training", action="store_true", help="also what training needs, if the kit holds it")
    parser.add_argument("--check", action="store_true", help="only check this kit")
    args = parser.parse_args()
    try:
        facts = json.loads((KIT / "kit.json").read_text(encoding="utf-8"))
        check_kit()
    except (OSError, ValueError) as error:
        stop(f"The kit cannot be read ({error}). Copy the kit again.")
    if args.training and not facts["training"]:
        stop("This kit holds nothing for training. Make one with: ssaglioma kit --with-training")
    if args.check:
        print("The kit is whole.")
    elif args.slicer:
        install_into_slicer(args.slicer, facts, args.training)
    else:
        check_python(sys.executable, facts)
        install_into_folder((args.folder or asked_folder()).expanduser().absolute(), args.training)
    return 0


def stop(text: str) -> NoReturn:
    """End with one plain line."""
    print("Error: " + text, file=sys.stderr)
    sys.exit(3)


def check_kit() -> None:
    """Compare every file with its digest, and let no other wheel be there."""
    wanted = {}
    for line in (KIT / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        wanted[name] = digest
    print(f"Checking {len(wanted)} files ...", flush=True)
    for name, digest in sorted(wanted.items()):
        path = KIT / name
        if not path.is_file():
            stop(f"{name} is missing in the kit. Copy the kit again.")
        sha = hashlib.sha256()
        with open(str(path), "rb") as stream:
            for block in iter(lambda: stream.read(1 << 20), b""):
                sha.update(block)
        if sha.hexdigest() != digest:
            stop(f"{name} was changed or damaged. Copy the kit again.")
    for path in (KIT / "wheels").iterdir():
        name = "wheels/" + path.name
        if name not in wanted and path.name not in IGNORED and not path.name.startswith("._"):
            stop(f"{name} is not of this kit. Remove it.")


def check_python(python: str, facts: Dict[str, Any]) -> None:  # noqa: UP006
    """Stop if an interpreter is another version, or for another kind of computer, than the kit is for."""
    code = "import sys, platform; print('%d.%d' % sys.version_info[:2], sys.platform, platform.machine().lower())"
    version, *system = ask(python, "-c", code).split()
    if system != SYSTEMS[facts["platform"]]:
        stop(f"This kit is for {facts['platform']}; {python} is for {' '.join(system)}.")
    if version != facts["python"]:
        stop(f"This kit needs Python {facts['python']}; {python} is {version}.")


def asked_folder() -> Path:
    """Ask where to install, where there is somebody to ask."""
    default = Path.home() / "ssaglioma"
    if not sys.stdin or not sys.stdin.isatty():
        return default
    return Path(input(f"Folder to install into [{default}]: ").strip() or default)


def install_into_folder(folder: Path, training: bool) -> None:
    """Make a virtual environment in a new folder, fill it, and try it."""
    marker = folder / UNFINISHED
    try:
        if folder.exists() and not marker.is_file() and any(folder.iterdir()):
            stop(f"The folder {folder} is not empty. Nothing is overwritten: choose another one (--folder).")
        folder.mkdir(parents=True, exist_ok=True)
        marker.write_text("An installation of SSAGlioma did not end. Run the installer again.\n", encoding="utf-8")
    except OSError as error:
        stop(f"The folder {folder} cannot be made ({error}). Choose another one (--folder).")
    print(f"Installing into {folder} ...", flush=True)
    run([sys.executable, "-m", "venv", "--without-pip", folder])
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    name = "ssaglioma[train]" if training else "ssaglioma"
    run([python, pip_wheel() / "pip", *INSTALL, "--find-links", KIT / "wheels", "pip", name])
    print("Trying it ...", flush=True)
    run([python, "-m", "ssaglioma", "doctor", "--progress", "none"])
    marker.unlink()
    start = folder / ("Scripts/ssaglioma.exe" if os.name == "nt" else "bin/ssaglioma")
    print(f'Done. Try it:\n    "{start}" demo')


def install_into_slicer(slicer: str, facts: Dict[str, Any], training: bool) -> None:  # noqa: UP006
    """Install what the extension needs into Slicer's Python; what is there stays as it is."""
    check_python(slicer, facts)
    code = "import os, sysconfig; print(os.access(sysconfig.get_paths()['purelib'], os.W_OK))"
    if ask(slicer, "-c", code).strip() != "True":
        stop("Slicer's folder cannot be written. Install Slicer in a folder of your own, or ask who installed it.")
    listed = ask(slicer, "-m", "pip", "--disable-pip-version-check", "list", "--format=freeze").splitlines()
    left = () if training else facts["training_requirements"]
    wanted = [need for need in facts["requirements"] if need not in left]
    with tempfile.TemporaryDirectory() as aside:
        constraints = Path(aside) / "constraints.txt"
        constraints.write_text("\n".join(line for line in listed if "==" in line) + "\n", encoding="utf-8")
        links = ["--find-links", str(KIT / "wheels"), "--constraint", str(constraints)]
        run([slicer, "-m", "pip", *INSTALL, *links, *wanted])
    print("Done. Restart Slicer.")


def pip_wheel() -> Path:
    """The wheel of pip, which runs without being installed."""
    found = sorted((KIT / "wheels").glob("pip-*.whl"))
    if not found:
        stop("The kit holds no wheel of pip. Copy the kit again.")
    return found[-1]


def clean_environment() -> Dict[str, str]:  # noqa: UP006
    """An environment in which pip asks nobody and nothing of another Python is seen."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}


def ask(*command: str) -> str:
    """Run a command and return what it says."""
    try:
        return subprocess.check_output(command, env=clean_environment()).decode()
    except (OSError, subprocess.CalledProcessError) as error:
        stop(f"{command[0]} does not work as a Python ({error}).")


def run(command: Sequence[Union[str, Path]]) -> None:  # noqa: UP007
    """Run a command; stop if it fails."""
    words: List[str] = [str(word) for word in command]  # noqa: UP006
    if subprocess.call(words, env=clean_environment()):
        stop(f"This failed: {' '.join(words)}\nSee above; a full disk is the usual cause. Run the installer again.")


if __name__ == "__main__":
    sys.exit(main())

"""`python -m ssaglioma` runs the command line."""

from ssaglioma.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())

"""``python -m penstock``: the command ``penstock`` where no script is installed."""

from __future__ import annotations

from penstock.cli.main import main

if __name__ == "__main__":
    main()

"""``python -m contextures.cli``."""

from contextures.cli.app import main

main()

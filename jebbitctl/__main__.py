"""``python -m jebbitctl``."""

from jebbitctl.cli import main

if __name__ == "__main__":
    main()

"""Write configs/default.toml and the tables of docs/configuration.md from the configuration's structs."""

from pathlib import Path

from potenzial import reference

ROOT = Path(__file__).parents[1]
START = "<!-- made by docs/update_reference.py from the structs -->\n"


def main() -> None:
    """Write both files."""
    (ROOT / "configs" / "default.toml").write_text(reference.default_toml(), encoding="utf-8")
    path = ROOT / "docs" / "configuration.md"
    head = path.read_text(encoding="utf-8").partition(START)[0]
    path.write_text(head + START + "\n" + reference.markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()

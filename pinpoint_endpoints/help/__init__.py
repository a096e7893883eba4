"""Read the topics of `pe help`: Markdown files in this folder."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def topic_titles() -> dict[str, str]:
    """Return the title of each topic by the topic's name, in alphabetical order."""
    return {path.stem: _title(path) for path in sorted(_FOLDER.glob("*.md"))}


def topic_text(name: str) -> str:
    """Return a topic's Markdown text.

    Args:
        name: one of `topic_titles`.
    """
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8")


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return lines.readline().removeprefix("# ").strip()

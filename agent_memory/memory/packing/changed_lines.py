"""What a change changes."""


def changed_lines(diff: str) -> str:
    """The added and removed lines of a unified diff, without the heads of files and hunks; the
    text itself where it has none."""
    lines = diff.split("\n")
    changed = [
        line
        for line in lines
        if line[:1] in {"+", "-"} and not line.startswith(("+++", "---")) and line[1:].strip()
    ]
    return "\n".join(changed) or diff
